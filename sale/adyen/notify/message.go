package notify

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"kassa/estate"
	"kassa/journal"
	"kassa/nexo/secured"
	"kassa/sale/adyen"
)

// The settings that say where to what terminals say is sent, and the events that notices are of.
const (
	eventURLs   = "nexo.eventUrls"
	displayURLs = "nexo.displayUrls"

	eventNotification   = "event-notification"
	displayNotification = "display-notification"
	asyncResponse       = "async-response"
)

// address is one URL of these settings.
type address struct {
	URL       string `json:"url"`
	Username  string `json:"username"`
	Password  string `json:"password"`
	Encrypted bool   `json:"encrypted"`
}

// urlPrefix begins the names of URLs of the settings; ids of endpoints begin otherwise.
const urlPrefix = "url-"

func isURL(endpoint string) bool { return strings.HasPrefix(endpoint, urlPrefix) }

// urlName is the name of a URL, urlOf that of it in the settings of a terminal: what waits for it outlives the
// terminal's device, and never goes by the settings of another place to which that device has gone.
func urlName(url string) string {
	sum := sha256.Sum256([]byte(url))
	return urlPrefix + hex.EncodeToString(sum[:8])
}

func urlOf(url, tid string) string { return urlName(url) + "-" + tid }

// addresses are the public URLs of a setting of a terminal. The local ones are the terminal's own to call.
func (n *Notifier) addresses(tid, setting string) ([]address, error) {
	raw, _, ok := n.Settings.Setting(estate.Owner{Level: estate.LevelTerminal, ID: tid}, setting)
	if !ok {
		return nil, nil
	}
	var v struct {
		Public      []address `json:"publicUrls"`
		EventPublic []address `json:"eventPublicUrls"`
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, fmt.Errorf("notify: setting %s of %s: %w", setting, tid, err)
	}
	return append(v.Public, v.EventPublic...), nil
}

// notified renders what a terminal said.
func (n *Notifier) notified(e journal.Entry) ([]Notice, error) {
	var f adyen.TerminalNotified
	if err := json.Unmarshal(e.Payload, &f); err != nil {
		return nil, fmt.Errorf("notify: %s: %w", e.Kind, err)
	}
	head, err := headerOf(f.Message)
	if err != nil {
		return nil, err
	}
	setting, event := eventURLs, eventNotification
	if head.Category == "Display" {
		setting, event = displayURLs, displayNotification
	}
	return n.message(e, f.TID, setting, event, "", f.Message)
}

// answered renders the answer to an asynchronous request, and what a reversal comes down to.
func (n *Notifier) answered(e journal.Entry) ([]Notice, error) {
	if e.Kind != adyen.KindExchangeAnswered {
		return nil, nil
	}
	s, ok, err := n.Records.Load(e.Stream)
	if err != nil || !ok {
		return nil, err
	}
	x, err := adyen.DecodeExchange(s)
	if err != nil {
		return nil, err
	}
	list, err := n.heldReversed(e, x)
	if err != nil || !x.Async {
		return list, err
	}
	message := x.Message()
	if len(message) == 0 {
		return list, nil
	}
	more, err := n.message(e, x.TID, eventURLs, asyncResponse, x.ServiceID, message)
	return append(list, more...), err
}

// message addresses a nexo message to the URLs of a setting of its terminal, and to the endpoints of the type
// for such messages.
func (n *Notifier) message(e journal.Entry, tid, setting, event, reference string, message json.RawMessage) ([]Notice, error) {
	t, ok := n.Directory.Terminal(tid)
	if !ok {
		return nil, nil
	}
	like := Notice{
		Stream: e.Stream, Reference: reference, Account: t.Account, Group: t.Group, Environment: n.Environment, Event: event, Body: message,
	}
	to := slices.DeleteFunc(n.wanted(estate.EndpointTerminalAPI, event, t.Account, t.Group), func(e estate.Endpoint) bool {
		return e.NetworkType == "local" // the terminal's own to call
	})
	list := n.notices(to, like)
	urls, err := n.addresses(tid, setting)
	if err != nil {
		return nil, err
	}
	for _, a := range urls {
		one := like
		one.Endpoint, one.URL = urlOf(a.URL, tid), a.URL
		// Merchants may share the URL of their software's maker: what one of them set up wrong holds up nobody else.
		one.Queue = urlName(a.URL) + "/" + t.Account
		list = append(list, one)
	}
	return list, nil
}

// prepareURL makes a try for a URL of the settings, as they are now: the password is in no notice.
func (n *Notifier) prepareURL(notice Notice) (r Request, ok bool, err error) {
	head, err := headerOf(notice.Body)
	if err != nil {
		return Request{}, false, err
	}
	setting := eventURLs
	if notice.Event == displayNotification {
		setting = displayURLs
	}
	tid := notice.Endpoint[strings.LastIndex(notice.Endpoint, "-")+1:]
	urls, err := n.addresses(tid, setting)
	if err != nil {
		return Request{}, false, err
	}
	for _, a := range urls {
		if urlOf(a.URL, tid) != notice.Endpoint {
			continue
		}
		r = Request{URL: a.URL, Header: http.Header{}, Body: notice.Body}
		r.Header.Set("Content-Type", "application/json")
		if a.Username != "" {
			r.authenticate(a.Username, a.Password)
		}
		if a.Encrypted {
			r.Body, err = n.encrypted(tid, head, notice.Body)
		}
		return r, err == nil, err
	}
	return Request{}, false, nil
}

// header is what travels in clear, and where the message came from.
type header struct {
	Envelope string
	Raw      json.RawMessage
	Category string
	POIID    string
}

var errNoMessage = errors.New("notify: not a nexo message")

func headerOf(message []byte) (h header, err error) {
	var envelopes map[string]struct {
		Header json.RawMessage `json:"MessageHeader"`
	}
	if err := json.Unmarshal(message, &envelopes); err != nil || len(envelopes) != 1 {
		return h, errNoMessage
	}
	for name, content := range envelopes {
		h.Envelope, h.Raw = name, content.Header
	}
	var fields struct{ MessageCategory, POIID string }
	if err := json.Unmarshal(h.Raw, &fields); err != nil {
		return h, errNoMessage
	}
	h.Category, h.POIID = fields.MessageCategory, fields.POIID
	return h, nil
}

// encrypted seals a message with the key of its terminal.
func (n *Notifier) encrypted(tid string, head header, message []byte) ([]byte, error) {
	raw, _, ok := n.Settings.Setting(estate.Owner{Level: estate.LevelTerminal, ID: tid}, "nexo.encryptionKey")
	var key struct {
		Identifier, Passphrase string
		Version                int64
	}
	if !ok || json.Unmarshal(raw, &key) != nil || key.Passphrase == "" {
		return nil, errors.New("notify: a URL wants encryption, and the terminal has no nexo.encryptionKey")
	}
	keys, err := secured.Derive([]byte(key.Passphrase))
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, secured.NonceSize)
	if _, err := io.ReadFull(n.Random, nonce); err != nil {
		return nil, fmt.Errorf("notify: randomness: %w", err)
	}
	s, err := keys.Seal(message, nonce)
	if err != nil {
		return nil, err
	}
	text := base64.StdEncoding.EncodeToString
	return json.Marshal(map[string]any{head.Envelope: map[string]any{
		"MessageHeader": head.Raw, "NexoBlob": text(s.Blob), "SecurityTrailer": map[string]any{
			"AdyenCryptoVersion": secured.Version, "KeyIdentifier": key.Identifier, "KeyVersion": key.Version,
			"Nonce": text(s.Nonce), "Hmac": text(s.HMAC),
		},
	}})
}
