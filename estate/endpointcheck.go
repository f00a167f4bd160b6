package estate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Limits of endpoints.
const (
	maxEndpoints        = 100_000
	maxEndpointsOfOwner = 50
	maxEvents           = 200
	maxEventName        = 100
	maxMerchants        = 500
	maxBasic            = 200 // characters of a user name or a password
	maxAdditional       = 16 << 10
	maxDescription      = 500
	maxOverlap          = 30 * 24 * time.Hour
)

// endpointAlphabet is that of ids: told apart when read aloud.
const endpointAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

func (r *Registry) newEndpointID(dialect string) (string, error) {
	form, alphabet, n := "S2-"+strings.ToUpper(string(r.env[:1])), endpointAlphabet, 19
	if dialect == DialectNative {
		form, alphabet, n = "wh_"+string(r.env)+"_", strings.ToLower(endpointAlphabet), 20
	}
	drawn, err := draw(r.random, alphabet, n)
	if err != nil {
		return "", err
	}
	if _, twice := r.endpoints[form+drawn]; twice {
		return "", fmt.Errorf("%w: endpoint id", ErrExists)
	}
	return form + drawn, nil
}

// newEndpointSecret draws 32 bytes and gives them as their dialect writes them.
func newEndpointSecret(random io.Reader, dialect string) (clear, check string, err error) {
	key := make([]byte, 32)
	if _, err := io.ReadFull(random, key); err != nil {
		return "", "", fmt.Errorf("estate: randomness: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(make([]byte, 16))
	check = strings.ToUpper(hex.EncodeToString(mac.Sum(nil)[:3]))
	if dialect == DialectNative {
		return "whsec_" + base64.StdEncoding.EncodeToString(key), check, nil
	}
	return strings.ToUpper(hex.EncodeToString(key)), check, nil
}

func (r *Registry) checkEndpoint(e *Endpoint) error {
	if err := r.checkEndpointOwner(e); err != nil {
		return err
	}
	if e.Format == "" {
		e.Format = "json"
	}
	invalid := ""
	switch {
	case e.Type == "" || len(e.Type) > maxEventName || !printable(e.Type):
		invalid = "type"
	case e.Dialect == DialectNative && e.Type != EndpointEvents:
		invalid = "type must be " + EndpointEvents
	case e.URL == "" || len(e.URL) > maxURL || !printable(e.URL) || strings.Contains(e.URL, " "):
		invalid = fmt.Sprintf("url must have 1 to %d characters of ASCII", maxURL)
	case e.Format != "json":
		invalid = "format must be json"
	case len(e.Username) > maxBasic || !printable(e.Username) || strings.Contains(e.Username, ":"):
		invalid = fmt.Sprintf("username may have %d characters of ASCII, and no colon", maxBasic)
	case e.NewPassword != nil && (len(*e.NewPassword) > maxBasic || !printable(*e.NewPassword)):
		invalid = fmt.Sprintf("password may have %d characters of ASCII", maxBasic)
	case !slices.Contains([]string{"", "TLSv1.2", "TLSv1.3", "HTTP"}, e.Encryption):
		invalid = "encryption must be TLSv1.2, TLSv1.3 or HTTP"
	case e.Encryption == "HTTP" && r.env == Live:
		invalid = "encryption must be TLSv1.2 or TLSv1.3"
	case !slices.Contains([]string{"", "public", "local"}, e.NetworkType):
		invalid = "networkType must be public or local"
	case len([]rune(e.Description)) > maxDescription:
		invalid = fmt.Sprintf("description may have %d characters", maxDescription)
	case len(e.Events) > maxEvents || slices.ContainsFunc(e.Events, badEventName):
		invalid = fmt.Sprintf("events may be %d names of 1 to %d characters", maxEvents, maxEventName)
	case len(e.AdditionalSettings) > maxAdditional || len(e.AdditionalSettings) > 0 && !json.Valid(e.AdditionalSettings):
		invalid = fmt.Sprintf("additionalSettings must be JSON of %d bytes at most", maxAdditional)
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrInvalid, invalid)
}

func (r *Registry) checkEndpointOwner(e *Endpoint) error {
	if e.Dialect != DialectAdyen && e.Dialect != DialectNative {
		return fmt.Errorf("%w: dialect must be %s or %s", ErrInvalid, DialectAdyen, DialectNative)
	}
	if e.Company != "" {
		if e.Account != "" || e.Group != "" {
			return fmt.Errorf("%w: an endpoint of a company has no account", ErrInvalid)
		}
		if e.Filter == "" {
			e.Filter = AllAccounts
		}
		if !slices.Contains([]string{AllAccounts, IncludeAccounts, ExcludeAccounts}, e.Filter) ||
			len(e.Merchants) > maxMerchants || slices.ContainsFunc(e.Merchants, badEventName) {
			return fmt.Errorf("%w: filter must be %s, %s or %s, with %d accounts at most", ErrInvalid,
				AllAccounts, IncludeAccounts, ExcludeAccounts, maxMerchants)
		}
		return nil
	}
	if e.Filter != "" || len(e.Merchants) > 0 {
		return fmt.Errorf("%w: only an endpoint of a company chooses among accounts", ErrInvalid)
	}
	if e.Account == "" {
		if e.Dialect == DialectNative && e.Group == "" {
			return nil
		}
		return fmt.Errorf("%w: account", ErrUnknown)
	}
	if _, ok := r.accounts[e.Account]; !ok {
		return fmt.Errorf("%w: account", ErrUnknown)
	}
	if g, ok := r.groups[e.Group]; e.Group != "" && (!ok || g.Account != e.Account) {
		return fmt.Errorf("%w: group", ErrUnknown)
	}
	return nil
}

func badEventName(s string) bool { return s == "" || len(s) > maxEventName || !printable(s) }

// printable tells whether a text is of ASCII that can be seen, or spaces.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
