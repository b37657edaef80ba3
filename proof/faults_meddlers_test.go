package proof

// The meddlers that need no more than this.
func away(*link, bool, []byte) verdict { return cut }
func hung(*link, bool, []byte) verdict { return hold }

// slowAnswers come, each of them late.
func slowAnswers(_ *link, fromPortal bool, _ []byte) verdict {
	if fromPortal {
		return pass
	}
	return late
}

// deaf is a server whose questions arrive and whose answers do not.
func deaf(_ *link, fromPortal bool, _ []byte) verdict {
	if fromPortal {
		return pass
	}
	return hold
}

// answersCut loses the connection with the answer: what was asked has happened.
func answersCut(_ *link, fromPortal bool, _ []byte) verdict {
	if fromPortal {
		return pass
	}
	return cut
}

// halfClosed is a server that says goodbye in place of an answer and goes on listening.
func halfClosed(_ *link, fromPortal bool, _ []byte) verdict {
	if fromPortal {
		return pass
	}
	return halfClose
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
