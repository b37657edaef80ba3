package forwarded

import "strings"

// unreadable stands for an entry that names no address. It is none, and not empty.
const unreadable = "unknown"

// lastElement takes the last element off a line of Forwarded, and returns its "for". The line is read from its end: what a
// client wrote stands at its beginning, so no quote that it left open reaches what the proxies added.
func lastElement(line string) (rest, client string) {
	rest, element := cutLast(line, ',')
	if element = strings.Trim(element, " \t"); element == "" {
		return rest, ""
	}
	for element != "" {
		var pair string
		element, pair = cutLast(element, ';')
		name, value, _ := strings.Cut(strings.Trim(pair, " \t"), "=")
		if !strings.EqualFold(name, "for") {
			continue
		}
		if client != "" { // each parameter may stand there once
			return rest, unreadable
		}
		client = unquoted(value)
	}
	if client == "" {
		client = unreadable
	}
	return rest, client
}

// cutLast cuts a list before its last separator that no quotes surround.
func cutLast(list string, separator byte) (rest, last string) {
	quoted := false
	for i := len(list) - 1; i >= 0; i-- {
		switch {
		case list[i] == '"' && !escaped(list[:i]):
			quoted = !quoted
		case list[i] == separator && !quoted:
			return list[:i], list[i+1:]
		}
	}
	return "", list
}

// escaped reports whether the character behind the text is: an odd number of backslashes stands before it.
func escaped(before string) bool {
	return (len(before)-len(strings.TrimRight(before, `\`)))%2 == 1
}

// unquoted is a value without its quotes, unreadable where they do not fit. No address has a character that needs a backslash.
func unquoted(value string) string {
	if inside, quoted := strings.CutPrefix(value, `"`); quoted {
		if value, quoted = strings.CutSuffix(inside, `"`); !quoted {
			return unreadable
		}
	}
	if value == "" {
		return unreadable
	}
	return value
}
