package notify_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/journal"
	"kassa/sale/native/notify"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// secrets of 24 bytes; what they sign is compared with signatures that the library standardwebhooks 1.1.1
// (npm) made.
const (
	secret       = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	signature    = "v1,2DcwWbEjzANvt5aKEuHS4Pk40hjdujC41q1ff2+Q68g="
	signedBody   = `{"specversion":"1.0","id":"evt_test_0000000000000002","source":"/kassa/test","type":"order.completed","subject":"order/A1","time":"2026-11-21T12:00:00Z","datacontenttype":"application/json","data":{},"scope":"57001","reference":"order-1001","sequence":"2"}`
	signedMoment = 1795262400
)

// world is an estate of two accounts, 1 with the group 57001 and 2, and a journal of one order.
type world struct {
	endpoints map[string]estate.Endpoint
	secrets   []string
}

func (w *world) EndpointsFor(dialect, account, group string) (list []estate.Endpoint) {
	for _, e := range w.endpoints {
		if e.Dialect == dialect && (e.Account == "" || e.Account == account) && (e.Group == "" || e.Group == group) {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b estate.Endpoint) int { return strings.Compare(a.ID, b.ID) })
	return list
}

func (w *world) Endpoint(id string) (estate.Endpoint, bool) { e, ok := w.endpoints[id]; return e, ok }

func (w *world) OpenSecrets(time.Time, string) ([]string, error) { return w.secrets, nil }

func (w *world) OpenPassword(string) (string, error) { return "s3cret", nil }

func (w *world) Group(id string) (estate.Group, bool) {
	return estate.Group{ID: id, Account: "1"}, id == "57001" || id == "2"
}

func (w *world) Account(id string) (estate.Account, bool) {
	return estate.Account{ID: id}, id == "1" || id == "2"
}

func (w *world) Load(stream string) (journal.Stream, bool, error) {
	state, err := json.Marshal(kassa.Order{NewOrder: kassa.NewOrder{Ref: "order-1001"}})
	return journal.Stream{ID: stream, State: state}, true, err
}

func newWorld() (*world, *notify.Notifier) {
	w := &world{secrets: []string{secret}, endpoints: map[string]estate.Endpoint{}}
	for id, e := range map[string]estate.Endpoint{
		"all": {}, "one": {Account: "1"}, "two": {Account: "2"}, "some": {Account: "1", Events: []string{"order.*", "key.made"}},
		"group": {Account: "1", Group: "57001"}, "off": {Account: "1"}, "adyen": {Account: "1"},
	} {
		e.ID, e.Dialect, e.URL, e.Active = id, estate.DialectNative, "https://"+id+".example/hook", id != "off"
		if id == "adyen" {
			e.Dialect = estate.DialectAdyen
		}
		w.endpoints[id] = e
	}
	return w, &notify.Notifier{Environment: "test", Endpoints: w, Owners: w, Records: w}
}

func fact(stream, kind, scope string) journal.Entry {
	return journal.Entry{Seq: 2, Stream: stream, Version: 2, Fact: journal.Fact{At: noon, Kind: kind, Scope: scope, Payload: []byte("{}")}}
}

func TestWhoHears(t *testing.T) {
	_, n := newWorld()
	for name, c := range map[string]struct {
		e    journal.Entry
		want []string
	}{
		"of a group":                        {fact("order/A1", "OrderCompleted", "57001"), []string{"all", "group", "one", "some"}},
		"of a group, a type that some lack": {fact("terminal/T", "TerminalBlocked", "57001"), []string{"all", "group", "one"}},
		"of an account":                     {fact("key/K", "KeyMade", "1"), []string{"all", "one", "some"}},
		"of the installation":               {fact("link/L", "LinkUp", ""), []string{"all"}},
		"of nobody that is known":           {fact("order/A1", "OrderCompleted", "9"), []string{"all"}},
		"of what could be two":              {fact("order/A1", "OrderCompleted", "2"), []string{"all"}},
		"about a webhook":                   {fact("webhook/1", "WebhookDelivered", "57001"), nil},
	} {
		list, err := n.Render(c.e)
		var got []string
		for _, one := range list {
			got = append(got, one.Endpoint)
			if one.Endpoint == "all" && one.Account+one.Group != "" {
				t.Errorf("%s: the installation's webhook is the account's %q", name, one.Account)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func TestSignedAsTheStandardSays(t *testing.T) {
	w, n := newWorld()
	list, err := n.Render(fact("order/A1", "OrderCompleted", "57001"))
	if err != nil {
		t.Fatal(err)
	}
	if string(list[0].Body) != signedBody {
		t.Fatalf("body %s", list[0].Body)
	}
	one := w.endpoints["one"]
	one.Username = "till"
	w.endpoints["one"] = one
	w.secrets = []string{"whsec_AAAA", secret}
	i := slices.IndexFunc(list, func(n notify.Notice) bool { return n.Endpoint == "one" })
	r, ok, err := n.Prepare(list[i], time.Unix(signedMoment, 0))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if user, password, basic := (&http.Request{Header: r.Header}).BasicAuth(); user != "till" || password != "s3cret" || !basic {
		t.Errorf("basic authentication %q", r.Header.Get("Authorization"))
	}
	signatures := strings.Split(r.Header.Get("webhook-signature"), " ")
	if len(signatures) != 2 || signatures[1] != signature || r.Header.Get("webhook-id") != "evt_test_0000000000000002" || r.Header.Get("webhook-timestamp") != "1795262400" {
		t.Errorf("headers %v", r.Header)
	}
	for id, change := range map[string]func(*estate.Endpoint){
		"all": func(e *estate.Endpoint) { e.Active = false }, "one": func(e *estate.Endpoint) { e.URL = "https://moved.example/" },
	} {
		e := w.endpoints[id]
		change(&e)
		w.endpoints[id] = e
	}
	if _, ok, _ := n.Prepare(list[0], noon); ok {
		t.Error("an endpoint that is switched off is sent to")
	}
	if r, _, _ := n.Prepare(list[i], noon); r.URL != "https://moved.example/" {
		t.Errorf("sent to %s", r.URL)
	}
	delete(w.endpoints, "one")
	if _, ok, _ := n.Prepare(list[i], noon); ok {
		t.Error("an endpoint that is deleted is sent to")
	}
}

func TestAcknowledged(t *testing.T) {
	_, n := newWorld()
	for status, want := range map[int]bool{200: true, 202: true, 204: true, 299: true, 199: false, 301: false, 404: false, 500: false} {
		if got := n.Judge(status, nil) == ""; got != want {
			t.Errorf("%d acknowledges: %v", status, got)
		}
	}
}
