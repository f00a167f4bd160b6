package operator

import (
	"errors"
	"fmt"
)

// Errors of what is asked for. Anything else is the store's.
var (
	// ErrUnknown tells that there is no such thing, or not for this account.
	ErrUnknown = errors.New("operator: unknown")
	// ErrInvalid tells that a value breaks a rule; the text names the field first.
	ErrInvalid = errors.New("operator: invalid")
	// ErrWarned tells that a terminal was not bound because of what the checks found.
	ErrWarned = errors.New("operator: the checks found something")
)

func invalid(field, rule string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", ErrInvalid, field, fmt.Sprintf(rule, args...))
}
