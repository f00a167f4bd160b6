package native

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	strict "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"kassa"
	"kassa/operator"
)

// problem is an answer that is no success (RFC 9457).
type problem struct {
	Type      string    `json:"type"`
	Title     string    `json:"title"`
	Status    int       `json:"status"`
	Detail    string    `json:"detail"`
	Instance  string    `json:"instance"`
	Code      string    `json:"code"`
	RequestID string    `json:"request_id"`
	Errors    []mistake `json:"errors,omitempty"`
	Fix       string    `json:"fix,omitempty"` // what to do next
	// Cause is the page about the doctor's cause that it is.
	Cause string `json:"cause,omitempty"`
	// Findings are what the checks before a binding found.
	Findings []operator.Finding `json:"findings,omitempty"`
}

// mistake is what is wrong with one part of the input.
type mistake struct {
	Pointer   string `json:"pointer,omitempty"`   // into the body (RFC 6901)
	Parameter string `json:"parameter,omitempty"` // of the query
	Header    string `json:"header,omitempty"`
	Line      int    `json:"line,omitempty"` // of a CSV
	Detail    string `json:"detail"`
}

func (p *problem) write(w http.ResponseWriter, r *http.Request) {
	full := *p
	full.Type, full.Instance, full.RequestID = base(r)+problemsPrefix+p.Code, r.URL.Path, r.Header.Get("Request-Id")
	if t, _ := troubleOf(p.Code); full.Fix == "" && !t.reason {
		full.Fix = t.fix
	}
	if cause := causeOf(p.Code); cause != "" {
		full.Cause = base(r) + docOf(cause)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(full) // a client that went away is told nothing
}

// base is the address under which the client reached this installation.
func base(r *http.Request) string {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host
}

func nothingHere() *problem { return fault("not_found", "there is nothing at this path") }

// noSuch tells that there is none, which is also what a key hears of what it may not see.
func noSuch(what string) *problem { return fault("not_found", "there is no "+what+" with this id") }

func badInput(m mistake) *problem {
	where := m.Pointer + m.Header
	if m.Parameter != "" {
		where = "the parameter " + m.Parameter
	}
	p := fault("invalid_input", strings.TrimSpace(where+" "+m.Detail))
	p.Errors = []mistake{m}
	return p
}

func unreadable(what string) *problem { return fault("unavailable", what) }

// because is the refusal of a change for a reason of the language.
func because(reason kassa.Reason) *problem {
	p := fault(string(reason), reason.Text())
	switch reason {
	case kassa.WorldBusy:
		p.Status, p.Fix = http.StatusServiceUnavailable, "try again in a moment"
	case kassa.AmountInvalid, kassa.CurrencyInvalid:
		p.Status = http.StatusBadRequest
	case kassa.NotCancellable:
		p.Fix = "refund it"
	case kassa.RefundDuplicate:
		p.Fix = "look at the order's refunds before you send it again"
	}
	return p
}

// parameters reads those of the query, of which only those named may be there, each once.
func (c *call) parameters(names []string) (url.Values, *problem) {
	values, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return nil, badInput(mistake{Detail: "the query cannot be parsed"})
	}
	for name, list := range values {
		switch {
		case !slices.Contains(names, name):
			what := "is not known here; there are none"
			if len(names) > 0 {
				what = "is not known here; there are " + strings.Join(names, ", ")
			}
			return nil, badInput(mistake{Parameter: strconv.QuoteToASCII(name), Detail: what})
		case len(list) > 1:
			return nil, badInput(mistake{Parameter: name, Detail: "is there more than once"})
		case len(list[0]) > maxReference:
			return nil, badInput(mistake{Parameter: name, Detail: fmt.Sprintf("may have %d bytes at most", maxReference)})
		case list[0] == "":
			return nil, badInput(mistake{Parameter: name, Detail: "is empty"})
		}
	}
	return values, nil
}

func limitOf(q url.Values, usual, most int) (int, *problem) {
	if !q.Has("limit") {
		return usual, nil
	}
	n, err := strconv.Atoi(q.Get("limit"))
	if err != nil || n < 1 || n > most {
		return 0, badInput(mistake{Parameter: "limit", Detail: fmt.Sprintf("must be a whole number from 1 to %d", most)})
	}
	return n, nil
}

// body reads the JSON object of the body into to. Without a body it is an empty one.
func (c *call) body(w http.ResponseWriter, to any) *problem { return c.bodyUpTo(w, to, maxBody) }

// bodyUpTo is body for one that may have more bytes than usual.
func (c *call) bodyUpTo(w http.ResponseWriter, to any, most int64) *problem {
	tooLong := fault("too_large", fmt.Sprintf("the body may have %d bytes at most", most))
	if c.ContentLength > most {
		return tooLong
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, c.Body, most))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return tooLong
		}
		return badInput(mistake{Detail: "the body could not be read to its end"})
	}
	if len(raw) == 0 {
		raw = []byte("{}")
	}
	if kind := jsontext.Value(raw).Kind(); kind != '{' {
		return badInput(mistake{Detail: "the body must be a JSON object"})
	}
	err = strict.Unmarshal(raw, to, strict.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*strict.SemanticError](err); ok {
		what := "has the wrong type"
		if errors.Is(err, strict.ErrUnknownName) {
			what = "is not known here"
		}
		return badInput(mistake{Pointer: string(wrong.JSONPointer), Detail: what})
	}
	if wrong, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return badInput(mistake{Pointer: string(wrong.JSONPointer), Detail: "is there more than once"})
		}
		return badInput(mistake{Detail: fmt.Sprintf("the body is not JSON (at byte %d)", wrong.ByteOffset)})
	}
	return badInput(mistake{Detail: "the body is not JSON"})
}
