package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Control is the host's control interface over HTTP: the ledger and the state to look at, faults to
// set. It moves no money. Requests that a browser makes for another site are refused.
//
//	GET    /ledger            one JSON object a line per transaction
//	GET    /state             connections, accounts in use, faults
//	POST   /fault             set a fault: {"kind":"delay","delay_ms":3000,"count":2,"tid":"…"}
//	DELETE /fault             clear all faults, and the rules of holds
//	GET    /holds             what is held, captured and released, hold by hold: a JSON array
//	POST   /holds             set the rules of holds: {"over_most":1000,"tid":"…"}
//	DELETE /wrong-pins        give an account its PIN tries back: ?account=visa:000
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ledger", s.getLedger)
	mux.HandleFunc("GET /state", s.getState)
	mux.HandleFunc("POST /fault", s.postFault)
	mux.HandleFunc("DELETE /fault", s.deleteFault)
	mux.HandleFunc("GET /holds", s.getHolds)
	mux.HandleFunc("POST /holds", s.postHolds)
	mux.HandleFunc("DELETE /wrong-pins", s.deleteWrongPINs)
	return http.NewCrossOriginProtection().Handler(mux)
}

// getLedger copies the ledger page by page, so that a long one does not hold up the link.
func (s *Server) getLedger(w http.ResponseWriter, r *http.Request) {
	encoder := json.NewEncoder(w)
	for from := 0; ; from += ledgerPage {
		var page []Line
		err := s.call(r.Context(), func(m *Machine) []Output {
			page = m.Lines(from, ledgerPage)
			return nil
		})
		if err != nil && from == 0 {
			problem(w, http.StatusServiceUnavailable, err)
			return
		}
		if err != nil {
			panic(http.ErrAbortHandler) // so that half a ledger is not taken for a whole one
		}
		if from == 0 {
			w.Header().Set("Content-Type", "application/x-ndjson")
		}
		for _, line := range page {
			if encoder.Encode(line) != nil {
				return
			}
		}
		if len(page) < ledgerPage {
			return
		}
	}
}

func (s *Server) getState(w http.ResponseWriter, r *http.Request) {
	var state State
	err := s.call(r.Context(), func(m *Machine) []Output {
		state = m.State()
		return nil
	})
	if err != nil {
		problem(w, http.StatusServiceUnavailable, err)
		return
	}
	reply(w, http.StatusOK, state)
}

func (s *Server) postFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	if err := readControl(w, r, &f); err != nil {
		problem(w, http.StatusBadRequest, fmt.Errorf("the body is not a fault: %w", err))
		return
	}
	if err := f.Check(); err != nil {
		problem(w, http.StatusUnprocessableEntity, err)
		return
	}
	s.change(w, r, SetFault{Fault: f})
}

func (s *Server) getHolds(w http.ResponseWriter, r *http.Request) {
	var holds []HoldLine
	err := s.call(r.Context(), func(m *Machine) []Output {
		holds = m.Holds()
		return nil
	})
	if err != nil {
		problem(w, http.StatusServiceUnavailable, err)
		return
	}
	reply(w, http.StatusOK, holds)
}

func (s *Server) postHolds(w http.ResponseWriter, r *http.Request) {
	var h HoldRules
	if err := readControl(w, r, &h); err != nil {
		problem(w, http.StatusBadRequest, fmt.Errorf("the body is not the rules of holds: %w", err))
		return
	}
	if err := h.Check(); err != nil {
		problem(w, http.StatusUnprocessableEntity, err)
		return
	}
	s.change(w, r, SetHoldRules{Rules: h})
}

// readControl reads the one JSON object of a request.
func readControl(w http.ResponseWriter, r *http.Request, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControlBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, after := decoder.Token(); !errors.Is(after, io.EOF) {
		return errors.New("there is something after the JSON object")
	}
	return nil
}

func (s *Server) deleteFault(w http.ResponseWriter, r *http.Request) {
	s.change(w, r, ClearFaults{})
}

func (s *Server) deleteWrongPINs(w http.ResponseWriter, r *http.Request) {
	s.change(w, r, Unblock{Account: r.URL.Query().Get("account")})
}

// change feeds an input to the machine and answers with the state after it.
func (s *Server) change(w http.ResponseWriter, r *http.Request, in Input) {
	var state State
	err := s.call(r.Context(), func(m *Machine) []Output {
		out := m.Handle(time.Now(), in)
		state = m.State()
		return out
	})
	if err != nil {
		problem(w, http.StatusServiceUnavailable, err)
		return
	}
	reply(w, http.StatusOK, state)
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func problem(w http.ResponseWriter, status int, err error) {
	reply(w, status, map[string]string{"error": err.Error()})
}
