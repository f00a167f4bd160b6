package management

import (
	"errors"
	"net/http"

	"kassa/estate"
)

// fault is an answer that is no success. Adyen's clients read its RFC 7807 form as RestServiceError.
type fault struct {
	status int
	code   string // errorCode; of the status when empty
	title  string // of the status when empty
	detail string
	fields []invalidField
	// legacy tells the older form, and its errorType.
	legacy string
}

// invalidField is one part of the input that is wrong.
type invalidField struct {
	Name    string `json:"name"`
	Value   string `json:"value,omitempty"` // never of a secret
	Message string `json:"message"`
}

// problem is the body of a fault. Message repeats the detail: Adyen's Node library shows that one.
type problem struct {
	Type          string         `json:"type"`
	Title         string         `json:"title"`
	Status        int            `json:"status"`
	Detail        string         `json:"detail"`
	Message       string         `json:"message"`
	ErrorCode     string         `json:"errorCode"`
	RequestID     string         `json:"requestId"`
	Instance      string         `json:"instance"`
	InvalidFields []invalidField `json:"invalidFields,omitempty"`
}

// legacyProblem is the body of a fault of POST /connectedTerminals.
type legacyProblem struct {
	Status    int    `json:"status"`
	ErrorCode string `json:"errorCode"`
	Message   string `json:"message"`
	ErrorType string `json:"errorType"`
}

const errorTypes = "https://docs.adyen.com/errors/"

// kindOf is the end of a status's type, its title and its code.
func kindOf(status int) (kind, title, code string) {
	switch status {
	case http.StatusBadRequest:
		return "bad-request", "Bad request", "00_400"
	case http.StatusUnauthorized:
		return "unauthorized", "Unauthorized", "00_401"
	case http.StatusForbidden:
		return "forbidden", "Forbidden", "00_403"
	case http.StatusNotFound:
		return "not-found", "Not found", "00_404"
	case http.StatusMethodNotAllowed:
		return "method-not-allowed", "Method not allowed", "00_405"
	case http.StatusRequestEntityTooLarge:
		return "payload-too-large", "Payload too large", "00_413"
	case http.StatusUnprocessableEntity:
		return "unprocessable-entity", "Unprocessable entity", "00_422"
	}
	return "internal", "Internal error", "00_500"
}

// beLegacy gives a fault the older form, with the codes that go with it.
func (f *fault) beLegacy() {
	if f.legacy != "" {
		return
	}
	f.legacy, f.code = "validation", "702"
	switch f.status {
	case http.StatusUnauthorized:
		f.legacy, f.code = "security", "000"
	case http.StatusForbidden:
		f.legacy, f.code = "security", "010"
	}
}

func (f *fault) reply(r *http.Request) reply {
	kind, title, code := kindOf(f.status)
	if f.title != "" {
		title = f.title
	}
	if f.code != "" {
		code = f.code
	}
	if f.legacy != "" {
		return reply{f.status, legacyProblem{Status: f.status, ErrorCode: code, Message: f.detail, ErrorType: f.legacy}}
	}
	id := r.Header.Get("Request-Id")
	return reply{f.status, problem{
		Type: errorTypes + kind, Title: title, Status: f.status, Detail: f.detail, Message: f.detail, ErrorCode: code,
		RequestID: id, Instance: r.URL.Path, InvalidFields: f.fields,
	}}
}

func notFound(detail string) *fault { return &fault{status: http.StatusNotFound, detail: detail} }

// forbidden is the answer to who names what is not theirs, whether or not it exists.
func forbidden(detail string) *fault { return &fault{status: http.StatusForbidden, detail: detail} }

func notYours(what string) *fault {
	return forbidden("the API key does not own this " + what + ", or it does not exist")
}

// invalid is the answer to input that cannot be what it says.
func invalid(fields ...invalidField) *fault {
	f := &fault{status: http.StatusUnprocessableEntity, title: "Invalid request fields", fields: fields}
	for i, field := range fields {
		if i > 0 {
			f.detail += "; "
		}
		f.detail += field.Name + " " + field.Message
	}
	return f
}

// badRequest is the answer to input that cannot be read.
func badRequest(detail string, fields ...invalidField) *fault {
	return &fault{status: http.StatusBadRequest, detail: detail, fields: fields}
}

// estateFault says why the estate did not take a change. What is the store's fault is nobody's to mend
// by another input: whether it was stored is then not known.
func estateFault(err error) *fault {
	if errors.Is(err, estate.ErrNotAllowed) {
		return forbidden(err.Error())
	}
	for _, known := range []error{estate.ErrInvalid, estate.ErrExists, estate.ErrFull, estate.ErrUnknown, estate.ErrMismatch, estate.ErrState, estate.ErrCountry} {
		if errors.Is(err, known) {
			return &fault{status: http.StatusUnprocessableEntity, detail: err.Error()}
		}
	}
	return &fault{
		status: http.StatusInternalServerError, detail: "it is not known whether the change was stored; read it back, and try again",
	}
}
