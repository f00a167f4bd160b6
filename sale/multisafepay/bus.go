package multisafepay

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kassa"

	"github.com/gobwas/ws"
)

// The message bus is the event stream as a WebSocket. Its clients reconnect whenever it breaks, and
// never after a close handshake: so it is closed properly when the order has ended, and just dropped
// when Kassa is.

// Limits and times of the message bus.
const (
	maxBusMessage = 4 << 10
	maxBusBurst   = 50 // messages between two pings
	busHandshake  = 10 * time.Second
	busIdle       = time.Minute // without a message, not even the answer to a ping
	// busPatience is how long a client may take to subscribe to an order that has ended.
	busPatience = time.Minute
	// busPause parts the acknowledgement of a subscription from its first event: the published client
	// takes events only once its own promise is settled, and two frames may reach it at once.
	busPause = 50 * time.Millisecond
	// busFarewell is how long a client may take to answer a close.
	busFarewell = 5 * time.Second
)

// busChannels are what an events token grants. No terminal shows a QR code, so that one stays silent.
var busChannels = []string{channelOrder, "session.qr"}

const channelOrder = "session.order"

// bus is one client's connection. One goroutine reads it, and one does all the rest.
type bus struct {
	conn    net.Conn
	from    *bufio.Reader
	in      chan busMessage
	done    chan struct{}
	wake    chan struct{}
	order   kassa.Order
	session string

	subscribed map[string]bool
	sent       uint64 // the journal's number of the last event sent
	last       string // its status
	due        <-chan time.Time
	opened     time.Time
	burst      int
}

// busMessage is what the reader passes on: a whole text or a control frame.
type busMessage struct {
	op      ws.OpCode
	payload []byte
}

func (h *Handler) serveBus(w http.ResponseWriter, r *http.Request) {
	refuse := func(refused *refusal) {
		h.record(&call{Request: r}, routeBus, refused)
		writeRefusal(w, refused)
	}
	switch {
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		refuse(&refusal{http.StatusMethodNotAllowed, codeUnknown, "the message bus takes the method GET only", causeRoute})
		return
	case !strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		refuse(&refusal{http.StatusUpgradeRequired, codeUnknown, "the message bus is a WebSocket; the same events are at /events/stream/ over plain HTTP", causeRoute})
		return
	case r.Header.Get("Sec-WebSocket-Version") != "13" || len(r.Header.Get("Sec-WebSocket-Key")) != 24:
		w.Header().Set("Sec-WebSocket-Version", "13")
		refuse(&refusal{http.StatusBadRequest, codeUnknown, "the WebSocket handshake is not that of RFC 6455", causeRoute})
		return
	}
	o, session, refused := h.tokenOrder(r)
	if refused != nil {
		refuse(refused)
		return
	}
	wake, leave, ok := h.streams.join(orderStream(o.Number))
	if !ok {
		refuse(tooManyStreams())
		return
	}
	defer leave()
	conn, rw, _, err := ws.HTTPUpgrader{Timeout: busHandshake}.Upgrade(r, w)
	if err != nil {
		if conn != nil {
			conn.Close() //nolint:errcheck // there is nobody to tell
		}
		return
	}
	b := &bus{
		conn: conn, from: rw.Reader, in: make(chan busMessage), done: make(chan struct{}), wake: wake,
		order: o, session: session, subscribed: make(map[string]bool), opened: time.Now(),
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		b.read()
	}()
	left := h.runBus(b)
	close(b.done)
	conn.Close() //nolint:errcheck // it is over, however closing goes
	<-stopped
	if left {
		h.recordLeft(o, "websocket", b.last)
	}
}

// runBus serves until the client or Kassa goes, or the order has ended and the client knows. It tells whether
// the client left an order that goes on.
func (h *Handler) runBus(b *bus) (left bool) {
	final := false
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case <-h.closing:
			return false
		case m, ok := <-b.in:
			if !ok || !b.take(m) {
				return !final
			}
			continue
		case <-ping.C:
			b.burst = 0
			if !b.write(ws.OpPing, nil) {
				return !final
			}
		case <-b.wake:
		case <-b.due:
			b.due = nil
		}
		var ok bool
		if final, ok = b.sendNew(h.Records); !ok {
			return !final
		}
		if final && (b.subscribed[channelOrder] && b.due == nil || time.Since(b.opened) > busPatience) {
			b.farewell(ws.StatusNormalClosure, "the order has ended")
			return false
		}
	}
}

// sendNew sends the current state to who has just subscribed, and then every change.
func (b *bus) sendNew(records Records) (final, ok bool) {
	frames, final, err := readFrames(records, orderStream(b.order.Number))
	if err != nil {
		return false, false
	}
	if !b.subscribed[channelOrder] || b.due != nil {
		return final, true
	}
	if b.sent == 0 && len(frames) > 1 {
		frames = frames[len(frames)-1:]
	}
	for _, f := range frames {
		if f.seq <= b.sent {
			continue
		}
		if !b.say(object{"type": "event", "channel": channelOrder, "payload": f.payload(b.order.Ref, b.session)}) {
			return final, false
		}
		b.sent, b.last = f.seq, f.status
	}
	return final, true
}

// payload has the transaction id as a number, as the published client declares it.
func (f frame) payload(orderID, session string) object {
	var transaction any
	if id, ok := f.transaction.(string); ok {
		transaction = number(id)
	}
	return object{
		"financial_status": f.financial, "order_id": orderID, "session_id": session, "status": f.status,
		"transaction_id": transaction,
	}
}

// take answers one message; false ends the connection.
func (b *bus) take(m busMessage) bool {
	if b.burst++; b.burst > maxBusBurst {
		b.farewell(ws.StatusPolicyViolation, "too many messages")
		return false
	}
	switch m.op {
	case ws.OpPing:
		return b.write(ws.OpPong, m.payload)
	case ws.OpPong:
		return true
	case ws.OpClose:
		b.write(ws.OpClose, m.payload[:min(2, len(m.payload))])
		return false
	}
	message, err := decodeUpTo(m.payload, 100)
	if err != nil {
		return b.fail(nil, strings.ReplaceAll(err.Error(), "body", "message"))
	}
	id, isString := message["id"].(string)
	if !isString || id == "" || len(id) > 64 {
		return b.fail(nil, "id must be a string of 1 to 64 characters")
	}
	channel, _ := message["channel"].(string)
	switch kind := message["type"]; {
	case kind == "heartbeat":
	case kind != "subscribe" && kind != "unsubscribe":
		return b.fail(id, "type must be subscribe, unsubscribe or heartbeat")
	case !slices.Contains(busChannels, channel):
		return b.fail(id, "channel must be one that the token grants: "+strings.Join(busChannels, " or "))
	case kind == "unsubscribe" && !b.subscribed[channel]:
		return b.fail(id, "Not subscribed")
	case kind == "unsubscribe":
		delete(b.subscribed, channel)
		b.sent = 0
	case !b.subscribed[channel]:
		b.subscribed[channel] = true
		b.due = time.After(busPause)
	}
	return b.say(object{"type": "ack", "replyId": id})
}

func (b *bus) fail(id any, message string) bool {
	return b.say(object{"type": "error", "replyId": id, "payload": object{"message": message}})
}

func (b *bus) say(o object) bool { return b.write(ws.OpText, encode(o)) }

// write gives a client that does not read a limited time.
func (b *bus) write(op ws.OpCode, payload []byte) bool {
	//nolint:errcheck // a write that it does not bound fails by itself
	b.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	frame, err := ws.CompileFrame(ws.NewFrame(op, true, payload))
	if err != nil {
		return false
	}
	_, err = b.conn.Write(frame)
	return err == nil
}

// farewell closes properly: the client answers, and does not come back.
func (b *bus) farewell(code ws.StatusCode, why string) {
	if !b.write(ws.OpClose, ws.NewCloseFrameBody(code, why)) {
		return
	}
	late := time.After(busFarewell)
	for {
		select {
		case m, ok := <-b.in:
			if !ok || m.op == ws.OpClose {
				return
			}
		case <-late:
			return
		}
	}
}

// read passes messages on until the connection ends. What breaks the protocol ends it.
func (b *bus) read() {
	defer close(b.in)
	for {
		//nolint:errcheck // a read that it does not bound ends with the connection
		b.conn.SetReadDeadline(time.Now().Add(busIdle))
		m, err := readMessage(b.from)
		if err != nil {
			return
		}
		select {
		case b.in <- m:
		case <-b.done:
			return
		}
	}
}

var errBusProtocol = errors.New("multisafepay: the client breaks the WebSocket protocol")

// readMessage reads one control frame, or a text of one or more frames with no other in between.
func readMessage(from io.Reader) (busMessage, error) {
	var m busMessage
	for {
		header, err := ws.ReadHeader(from)
		if err != nil {
			return m, err
		}
		first := m.op == 0
		switch {
		case !header.Masked || header.Rsv != 0 || header.Length+int64(len(m.payload)) > maxBusMessage:
			return m, errBusProtocol
		case header.OpCode.IsControl() && (!first || !header.Fin || header.Length > ws.MaxControlFramePayloadSize):
			return m, errBusProtocol
		case first && !header.OpCode.IsControl() && header.OpCode != ws.OpText, !first && header.OpCode != ws.OpContinuation:
			return m, errBusProtocol
		}
		part := make([]byte, header.Length)
		if _, err := io.ReadFull(from, part); err != nil {
			return m, err
		}
		ws.Cipher(part, header.Mask, 0)
		if first {
			m.op = header.OpCode
		}
		m.payload = append(m.payload, part...)
		if header.Fin {
			return m, nil
		}
	}
}

// tokenOrder finds the order that the request's events token is for.
func (h *Handler) tokenOrder(r *http.Request) (o kassa.Order, session string, refused *refusal) {
	session, ok := h.openToken(bearer(r), h.Now())
	number, known := h.orderOf(session)
	if !ok || !known {
		return o, "", &refusal{
			http.StatusUnauthorized, codeKey,
			"Invalid events token: send the events_token of the order as header Authorization or as query parameter token", causeToken,
		}
	}
	o, ok, err := h.load(orderStream(number))
	if err != nil {
		return o, "", worldFailed("the order could not be read")
	}
	if !ok {
		return o, "", because(kassa.OrderUnknown, "events token")
	}
	return o, session, nil
}

func tooManyStreams() *refusal {
	return &refusal{
		http.StatusServiceUnavailable, codeWorld,
		"too many event streams are open; an order may have " + strconv.Itoa(maxOrderStreams), causeLimit,
	}
}
