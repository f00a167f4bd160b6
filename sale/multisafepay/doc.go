// Package multisafepay is the door for Sale Systems that speak MultiSafepay's JSON API: orders for
// a terminal, cancel, refunds, the event stream, and the body and signature of its webhooks.
//
// It turns requests into what the language asks for ([kassa.NewOrder], [kassa.AskRefund]) and
// orders into MultiSafepay's order object. It promises that every answer under its paths is the
// dialect's JSON envelope, that a request which it refuses stored nothing, that what it answers is
// durable, and that a client which goes away cancels nothing.
//
// It decides nothing about money, keeps no state of its own that matters after a restart, and
// never shows or records an API key.
package multisafepay
