package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func listenCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "listen", Short: "Pass webhooks on to a program on this machine", Args: words(),
		Long: `Pass the webhooks of all orders on to --forward-to, whether or not an order names an address of its
own: with the body, the query (transactionid, timestamp) and the Auth header of a real webhook. Each
line tells what the endpoint answered and, when a real webhook would be sent again for it, why.

An order that asks for notification_method GET gets a GET, as in life; --method GET makes all so.`,
		Example: "  kassa listen --forward-to http://localhost:3000/hook\n  kassa listen --forward-to http://localhost:3000/hook --order demo-1 --json",
		RunE:    func(c *cobra.Command, _ []string) error { return listen(c) },
	}
	f := c.Flags()
	f.String("forward-to", "", "the address of your endpoint")
	f.String("method", "", "GET sends all as GET (default: as the order asks, usually POST)")
	f.String("order", "", "only the webhooks of an order, from its beginning")
	_ = c.RegisterFlagCompletionFunc("order", liveOrders)
	return withJSON(c)
}

// notice is a webhook without its address, as /api/v1/notices gives it.
type notice struct {
	Dialect, Event, Order, Reference, Method, Query, Body, Failure string
	Header                                                         http.Header
}

// forwarded is what became of one.
type forwarded struct {
	At        time.Time `json:"at"`
	Event     string    `json:"event"`
	Order     string    `json:"order"`
	Reference string    `json:"reference"`
	Method    string    `json:"method"`
	Status    int       `json:"status,omitempty"`
	LatencyMS int64     `json:"latencyMs"`
	Failure   string    `json:"failure,omitempty"`
}

// forwardTimeout is how long an endpoint may take, as for a real webhook.
const forwardTimeout = 10 * time.Second

func listen(c *cobra.Command) error {
	to := c.Flag("forward-to").Value.String()
	if u, err := url.Parse(to); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.Fragment != "" {
		return Failure{Usage, "--forward-to is missing, or is no http or https address", "for example --forward-to http://localhost:3000/hook"}
	}
	method := strings.ToUpper(c.Flag("method").Value.String())
	if method != "" && method != http.MethodGet && method != http.MethodPost {
		return Failure{Usage, "--method must be GET or POST", "leave it out to follow the orders"}
	}
	at, err := newClient()
	if err != nil {
		return err
	}
	path := "/api/v1/notices"
	if order := c.Flag("order").Value.String(); order != "" {
		path += "?order=" + url.QueryEscape(order)
	}
	if !asJSON(c) {
		fmt.Fprintf(c.ErrOrStderr(), "Passing webhooks on to %s. Ctrl-C ends it.\n", plain(to))
	}
	err = at.follow(c.Context(), stream{ask: at.operator(path), lost: func() { noteLost(c) }, each: func(_ string, raw []byte) error {
		var n notice
		if err := json.Unmarshal(raw, &n); err != nil {
			return Failure{Failed, "a notice is not what Kassa writes", "check KASSA_URL"}
		}
		return printForwarded(c, at.forward(c.Context(), to, method, n))
	}})
	if errors.Is(err, context.Canceled) {
		return nil // Ctrl-C is how one leaves
	}
	return found(err)
}

// forward sends one notice on, and tells how a real webhook would have taken the answer.
func (c *client) forward(ctx context.Context, to, method string, n notice) forwarded {
	f := forwarded{At: time.Now(), Event: n.Event, Order: n.Order, Reference: n.Reference, Method: n.Method, Failure: n.Failure}
	if n.Failure != "" {
		return f
	}
	if method == http.MethodGet {
		n.Method, n.Body, n.Header = method, "", nil
	}
	f.Method = n.Method
	if method == http.MethodPost && n.Method == http.MethodGet {
		f.Failure = "not sent: the order asks for GET, so there is no body to POST"
		return f
	}
	joint := "?"
	if strings.Contains(to, "?") {
		joint = "&"
	}
	ctx, cancel := context.WithTimeout(ctx, forwardTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, n.Method, to+joint+n.Query, bytes.NewReader([]byte(n.Body)))
	if err != nil {
		f.Failure = "the address cannot be used"
		return f
	}
	if n.Body == "" {
		r.Body, r.ContentLength = nil, 0
	}
	for name, values := range n.Header {
		r.Header[name] = values
	}
	r.Header.Set("User-Agent", "Kassa-Webhook")
	answer, err := c.receiver().Do(r)
	f.LatencyMS = time.Since(f.At).Milliseconds()
	if err != nil {
		f.Failure = noReply(err)
		return f
	}
	defer answer.Body.Close()
	reply, _ := io.ReadAll(io.LimitReader(answer.Body, 2<<10)) // one that stalls is judged by its beginning
	f.Status, f.LatencyMS = answer.StatusCode, time.Since(f.At).Milliseconds()
	f.Failure = c.judge(context.WithoutCancel(ctx), n.Dialect, f.Status, reply)
	return f
}

// receiver is a client for the endpoint: a stranger to Kassa, whose redirects are not followed.
func (c *client) receiver() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func noReply(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("no reply within %d seconds", int(forwardTimeout.Seconds()))
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return "no reply: " + err.Error()
}

// judge asks Kassa, who would have to judge the reply to a real webhook.
func (c *client) judge(ctx context.Context, dialect string, status int, reply []byte) string {
	ask := map[string]any{"dialect": dialect, "status": status, "body": strings.ToValidUTF8(string(reply), "?")}
	var verdict struct{ Failure string }
	if err := c.call(ctx, http.MethodPost, "/api/v1/notices/verdict", ask, &verdict); err != nil {
		return "Kassa could not be asked what it makes of the reply: " + err.Error()
	}
	return verdict.Failure
}

func printForwarded(c *cobra.Command, f forwarded) error {
	if asJSON(c) {
		return printJSON(c, f)
	}
	w := c.OutOrStdout()
	line, status := paint(w, green, "✓"), "-"
	if f.Failure != "" {
		line = paint(w, red, "✗")
	}
	if f.Status != 0 {
		status = fmt.Sprint(f.Status)
	}
	line += fmt.Sprintf(" %s  %-10s %-20s %-4s %3s  %d ms", f.At.Local().Format("15:04:05.000"), plain(f.Event), plain(f.Reference), plain(f.Method), status, f.LatencyMS)
	if f.Failure != "" {
		line += "  " + plain(f.Failure)
	}
	_, err := fmt.Fprintln(w, line)
	return err
}
