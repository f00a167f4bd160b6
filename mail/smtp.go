package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	gomail "github.com/wneessen/go-mail"
)

// Server is a mail server that takes letters (a submission server).
type Server struct {
	// Address gives HOST:PORT; it is asked before each letter, so that it may change.
	Address        func() string
	From           string
	User, Password string
	// Plain lets letters leave without TLS where the server has none: for one on the same machine.
	Plain bool
}

// ErrNoServer tells that no mail server is known.
var ErrNoServer = errors.New("no mail server is set up")

// Send hands a letter to the server.
func (s Server) Send(ctx context.Context, to, messageID string, l Letter) error {
	address := s.Address()
	if address == "" {
		return ErrNoServer
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("the mail server's address is not HOST:PORT: %w", err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("the mail server's port is no number: %w", err)
	}
	m, err := s.message(to, messageID, l)
	if err != nil {
		return err
	}
	policy := gomail.TLSMandatory
	if s.Plain {
		policy = gomail.TLSOpportunistic
	}
	options := []gomail.Option{gomail.WithPort(n), gomail.WithTLSPolicy(policy)}
	if s.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.User), gomail.WithPassword(s.Password))
	}
	client, err := gomail.NewClient(host, options...)
	if err != nil {
		return err
	}
	return client.DialAndSendWithContext(ctx, m)
}

func (s Server) message(to, messageID string, l Letter) (*gomail.Msg, error) {
	m := gomail.NewMsg()
	if err := m.From(s.From); err != nil {
		return nil, fmt.Errorf("the sender's address: %w", err)
	}
	if err := m.To(to); err != nil {
		return nil, fmt.Errorf("the address: %w", err)
	}
	m.SetMessageIDWithValue(messageID + "@kassa")
	m.SetDate()
	m.Subject(l.Subject)
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, l.HTML)
	if len(l.PDF) > 0 {
		if err := m.AttachReader(l.Name, bytes.NewReader(l.PDF), gomail.WithFileContentType("application/pdf")); err != nil {
			return nil, fmt.Errorf("attach the PDF: %w", err)
		}
	}
	return m, nil
}
