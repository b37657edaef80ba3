package proof

// The meddlers that need no more than this.
func away(*link, bool, []byte) verdict { return cut }
func hung(*link, bool, []byte) verdict { return hold }

var (
	slowAnswers = answers(late)      // each of them comes late
	deaf        = answers(hold)      // questions arrive, answers do not
	answersCut  = answers(cut)       // the connection is lost with the answer: what was asked has happened
	halfClosed  = answers(halfClose) // the server says goodbye in place of an answer and goes on listening
)

// answers lets questions pass and does the same to every answer.
func answers(v verdict) meddler {
	return func(_ *link, fromPortal bool, _ []byte) verdict {
		if fromPortal {
			return pass
		}
		return v
	}
}

// broken turns every byte of an answer that is not a line break into another.
func broken(_ *link, fromPortal bool, piece []byte) verdict {
	for i, b := range piece {
		if !fromPortal && b != '\r' && b != '\n' {
			piece[i] = b ^ 0x15
		}
	}
	return pass
}
