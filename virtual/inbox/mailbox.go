package inbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	netmail "net/mail"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Limits of the mailbox.
const (
	maxLetters     = 50
	maxLetterBytes = 1 << 20
	maxRecipients  = 10
	smtpTime       = 30 * time.Second
)

// Received is one letter as it came.
type Received struct {
	At      time.Time `json:"at"`
	From    string    `json:"from"`
	To      []string  `json:"to"`
	Subject string    `json:"subject"`
	ID      string    `json:"id"` // the Message-ID
	// Raw is the whole letter, RFC 5322.
	Raw string `json:"raw"`
}

// Mailbox is everybody's mailbox: a mail server that takes all letters and shows them.
type Mailbox struct {
	now func() time.Time

	mu   sync.Mutex
	kept []Received
	// refusing, when not empty, is what every letter is refused with: a fault on demand.
	refusing string
}

// NewMailbox makes an empty mailbox.
func NewMailbox(now func() time.Time) *Mailbox { return &Mailbox{now: now} }

// Serve takes letters on a listener until ctx ends.
func (b *Mailbox) Serve(ctx context.Context, l net.Listener) error {
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{box: b}, nil }))
	s.Domain, s.MaxMessageBytes, s.MaxRecipients = "localhost", maxLetterBytes, maxRecipients
	s.ReadTimeout, s.WriteTimeout = smtpTime, smtpTime
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	if err := s.Serve(l); err != nil && !errors.Is(err, smtp.ErrServerClosed) && ctx.Err() == nil {
		return err
	}
	return nil
}

// ServeHTTP answers GET with what came (a JSON object a line, oldest first), forgets it on DELETE, and
// with POST {"refuse":"text"} refuses letters from then on, or takes them again for "".
func (b *Mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch r.Method {
	case http.MethodGet:
		w.Header().Set("Content-Type", "application/x-ndjson")
		enc := json.NewEncoder(w)
		for _, m := range b.kept {
			_ = enc.Encode(m) // a reader that went away is told nothing
		}
	case http.MethodDelete:
		b.kept = nil
		w.WriteHeader(http.StatusNoContent)
	case http.MethodPost:
		var body struct {
			Refuse string `json:"refuse"`
		}
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&body); err != nil {
			http.Error(w, `send {"refuse":"text"}, or {"refuse":""}`, http.StatusBadRequest)
			return
		}
		b.refusing = body.Refuse
		w.WriteHeader(http.StatusNoContent)
	default:
		http.Error(w, "GET what came, DELETE to forget it, POST to refuse letters", http.StatusMethodNotAllowed)
	}
}

// session is one delivery.
type session struct {
	box  *Mailbox
	from string
	to   []string
}

func (s *session) Reset()        { s.from, s.to = "", nil }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := Received{At: s.box.now(), From: s.from, To: s.to, Raw: string(raw)}
	if head, err := netmail.ReadMessage(bytes.NewReader(raw)); err == nil {
		m.ID = head.Header.Get("Message-ID")
		m.Subject = head.Header.Get("Subject")
		if plain, err := new(mime.WordDecoder).DecodeHeader(m.Subject); err == nil {
			m.Subject = plain
		}
	}
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	if s.box.refusing != "" {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: s.box.refusing}
	}
	s.box.kept = append(s.box.kept, m)
	if len(s.box.kept) > maxLetters {
		s.box.kept = s.box.kept[len(s.box.kept)-maxLetters:]
	}
	return nil
}
