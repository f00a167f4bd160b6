package kassa

func (s *step) authorise(in Authorise) Reason {
	if _, known := s.next.Authorisation(in.Request); known != nil {
		s.answerAgain(in.Request)
		return None
	}
	switch s.next.Status {
	case Unclaimed, Waiting, Authorising, Completing:
		return OutOfTurn
	case Completed, Cancelled, Expired:
		s.tellDecision()
		return None
	}
	if s.next.tries() >= maxAuthorisations {
		s.giveUp(TooManyTries)
		s.owe(TellAbort{Reason: TooManyTries})
		return None
	}
	if a := s.next.Attempt(); a == nil {
		s.record(AttemptOpened{Number: in.NextAttempt, Kind: FirstTry})
	} else if a.Status != AttemptOpen {
		s.record(AttemptOpened{Number: in.NextAttempt, Kind: NextTry})
	}
	auth := Authorisation{
		Request: in.Request, FollowUpOf: in.FollowUpOf, STAN: in.STAN, RRN: in.RRN, TransmittedAt: s.now,
		Amount: s.next.Amount, Entry: in.Entry, Card: in.Card, HasPIN: len(in.Sealed.PIN) > 0, State: HostOpen,
	}
	s.record(AuthorisationRequested{Auth: auth})
	if in.Refuse != None {
		return s.hostNotSent(HostRequestNotSent{Request: in.Request, Reason: in.Refuse})
	}
	s.owe(SendAuthorisation{Auth: auth, Sealed: in.Sealed, Lifecycle: s.next.ID()})
	return None
}

// authoriseEntered asks the host about a card that nobody presents. It is the order's only attempt.
func (s *step) authoriseEntered(card EnteredCard) {
	auth := Authorisation{
		Request: 1, STAN: card.STAN, RRN: card.RRN, TransmittedAt: s.now, Amount: s.next.Amount, Entry: Entered,
		Card: card.Card, State: HostOpen,
	}
	s.record(AttemptOpened{Number: card.NextAttempt, Kind: FirstTry}, AuthorisationRequested{Auth: auth})
	s.owe(SendAuthorisation{Auth: auth, Sealed: SealedCard{Entered: card.Sealed}, Lifecycle: s.next.ID()})
}

func (s *step) answerAgain(request int) {
	if s.next.Channel.CardAbsent() {
		return
	}
	if answer, ok := s.next.Answer(request); ok {
		s.owe(TellAnswer{Answer: answer})
	}
}

// open finds the authorisation that the host is being asked for, if request is it.
func (s *step) open(request int) *Authorisation {
	_, auth := s.next.Authorisation(request)
	if s.next.Status != Authorising || auth == nil || auth.State != HostOpen {
		return nil
	}
	return auth
}

func (s *step) hostAnswered(in HostAnswered) Reason {
	auth := s.open(in.Request)
	if auth == nil {
		return s.lateAnswer(LateAnswer{
			Request: in.Request, ResponseCode: in.ResponseCode, AuthCode: in.AuthCode, Approved: in.Reason == None,
		})
	}
	answered := AuthorisationAnswered{
		Request: in.Request, Approved: in.Reason == None, Reason: in.Reason,
		ResponseCode: in.ResponseCode, AuthCode: in.AuthCode, EMV: in.EMV,
	}
	keep := s.keeps(in, auth)
	if keep {
		answered.Part = in.Approved
	}
	s.record(answered)
	switch {
	case in.Reason != None:
		s.declined(in)
	case in.Approved != auth.Amount && !keep:
		s.reverse(in.Request, ReversalCustomerCancel, PartialNotAllowed)
	case !auth.Contact():
		s.complete()
	}
	s.answerAgain(in.Request)
	return None
}

// keeps tells whether an approval of a part only is enough for the order's terms.
func (s *step) keeps(in HostAnswered, auth *Authorisation) bool {
	least := s.next.Terms.Minimum
	return in.Reason == None && s.next.Capture == CaptureLater && least > 0 && in.Approved.Currency == auth.Amount.Currency &&
		in.Approved.Minor >= least && in.Approved.Minor < auth.Amount.Minor
}

func (s *step) complete() {
	s.record(AttemptClosed{Number: s.next.Attempt().Number, Status: AttemptApproved}, OrderCompleted{})
}

// declined ends the attempt, unless only the PIN was wrong. A soft decline opens the step-up at
// once, so that readers of the journal see declined, then initialised again.
func (s *step) declined(in HostAnswered) {
	if in.Reason != WrongPIN {
		s.record(AttemptClosed{Number: s.next.Attempt().Number, Status: AttemptDeclined, Reason: in.Reason})
	}
	switch {
	case s.next.CancelAsked:
		s.giveUp(CancelledBySale)
	case s.next.Channel.CardAbsent():
		s.giveUp(in.Reason) // nobody is there to try again
	case in.Reason.Soft():
		s.record(AttemptOpened{Number: in.NextAttempt, Kind: StepUp})
	case s.next.OneTry && in.Reason != WrongPIN:
		s.giveUp(in.Reason)
	}
}

// reverse owes a reversal of the request and ends the order.
func (s *step) reverse(request int, how ReversalReason, why Reason) {
	s.record(ReversalDue{Request: request, Reason: how})
	s.giveUp(why)
}

func (s *step) hostUnknown(in HostOutcomeUnknown) Reason {
	if s.open(in.Request) == nil {
		return None
	}
	s.record(AuthorisationUnknown(in))
	s.reverse(in.Request, in.Reason, NotCompleted)
	s.answerAgain(in.Request)
	return None
}

func (s *step) hostNotSent(in HostRequestNotSent) Reason {
	if s.open(in.Request) == nil {
		return None
	}
	s.record(AuthorisationNotSent(in))
	s.record(AttemptClosed{Number: s.next.Attempt().Number, Status: AttemptDeclined, Reason: in.Reason})
	switch {
	case s.next.CancelAsked:
		s.giveUp(CancelledBySale)
	case s.next.Channel.CardAbsent() || s.next.OneTry:
		s.giveUp(in.Reason)
	}
	s.answerAgain(in.Request)
	return None
}

// lateAnswer keeps what the host said too late. If it approved after it had acknowledged the
// reversal, it may have processed the two in the other order: another reversal is owed.
func (s *step) lateAnswer(in LateAnswer) Reason {
	_, auth := s.next.Authorisation(in.Request)
	if in.Request == 0 {
		auth = s.next.bySTAN(in.STAN)
	}
	if auth == nil || (auth.State != HostUnknown && auth.State != HostNotSent) {
		return None // a repeated answer: it has had its effect
	}
	request, owed := auth.Request, auth.Reversal.Owed()
	s.record(LateAnswerKept{Request: request, ResponseCode: in.ResponseCode, AuthCode: in.AuthCode, Approved: in.Approved})
	if in.Approved && !owed {
		s.record(ReversalDue{Request: request, Reason: ReversalTimeout})
	}
	return None
}

func (s *step) reversalAnswered(in ReversalAnswered) Reason {
	if _, auth := s.next.Authorisation(in.Request); auth == nil || !auth.Reversal.Owed() {
		return None
	}
	s.record(ReversalAcknowledged(in))
	return None
}

func (s *step) cardCompleted(in CardCompleted) Reason {
	_, auth := s.next.Authorisation(in.Request)
	if s.next.Status.Final() {
		s.tellDecision()
		return None
	}
	if s.next.Status != Completing || auth == nil || auth.State != HostApproved {
		return OutOfTurn
	}
	s.record(CompletionReported(in))
	if in.Outcome == CardSaidYes {
		s.complete()
	} else {
		s.reverse(in.Request, ReversalCardRefused, CardRefused)
	}
	s.tellDecision()
	return None
}
