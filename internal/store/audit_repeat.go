package store

import (
	"database/sql"
	"fmt"

	"example.com/gatehouse/internal/audit"
)

// lineOf is the columns same and minute of an event, from its values of repeat: those of the line before if that began within
// RepeatWithin, else its own. Refused sign-ins after one that succeeded are a line of their own, because they are counted from
// there on.
func lineOf(table string, kind audit.Kind, first int) string {
	same := fmt.Sprintf(`$%d`, first)
	if kind == audit.LoginFail {
		same = fmt.Sprintf(`$%d || COALESCE((SELECT id FROM events WHERE user_id = $%d AND kind = '%s' AND at > $%d ORDER BY at DESC LIMIT 1), '')`,
			first, first+4, audit.LoginSuccess, first+2)
	}
	return fmt.Sprintf(`%s, COALESCE((SELECT minute FROM %s WHERE same = %s AND minute = $%d AND at > $%d), $%d)`,
		same, table, same, first+1, first+2, first+3)
}

func repeat(e audit.Event) []any {
	same, minute := e.Same(), e.At.Unix()/60
	args := []any{sql.NullString{String: same, Valid: same != ""}, minute - 1, e.At.Add(-audit.RepeatWithin), minute}
	if e.Kind == audit.LoginFail {
		args = append(args, e.UserID)
	}
	return args
}

// counted is what becomes of an event whose line is there.
func counted(table string) string {
	latest := `COALESCE(` + table + `.latest, ` + table + `.at)`
	return ` ON CONFLICT (same, minute) DO UPDATE SET times = ` + table + `.times + excluded.times,
		latest = CASE WHEN excluded.at > ` + latest + ` THEN excluded.at ELSE ` + latest + ` END`
}
