package proof

// Fault injectors that need no state.
func cutEverything(*link, bool, []byte) verdict { return cut }
func hung(*link, bool, []byte) verdict          { return hold }

var (
	slowAnswers = answers(late)      // each of them comes late
	deaf        = answers(hold)      // requests arrive, answers do not
	answersCut  = answers(cut)       // the connection is lost with the answer: the request was carried out
	halfClosed  = answers(halfClose) // the server says goodbye in place of an answer and goes on listening
)

// answers lets requests pass and gives every answer the same verdict.
func answers(v verdict) faultInjector {
	return func(_ *link, fromPortal bool, _ []byte) verdict {
		if fromPortal {
			return pass
		}
		return v
	}
}

// corrupt turns every byte of an answer that is not a line break into another.
func corrupt(_ *link, fromPortal bool, piece []byte) verdict {
	for i, b := range piece {
		if !fromPortal && b != '\r' && b != '\n' {
			piece[i] = b ^ 0x15
		}
	}
	return pass
}
