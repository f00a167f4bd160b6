// Package adyen is the door for Sale Systems that speak Adyen's Terminal API over the cloud: the
// legacy paths /sync and /async, and the Cloud Device API v1.
//
// It turns nexo messages in Adyen's dialect into what the language asks for ([kassa.NewOrder],
// [kassa.AskRefund]) and orders into nexo responses. Every request that does something is an exchange
// with a durable record of its own, written before anything is asked of a terminal or the engine: the
// same request again gets the same answer, after a restart too, and the same ServiceID with another
// body is refused. It promises that a refused request stored nothing and changed nothing, that what it
// answers is durable, that an outcome which is not known is never called failed, and that a client
// which goes away cancels nothing.
//
// It decides nothing about money, speaks to no terminal itself, and never shows or records a key.
package adyen
