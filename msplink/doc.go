// Package msplink is how an app or a web page on a payment terminal asks the payment app beside it to
// pay: the msp:// link of a page, and the Android intent of an app, with their answers.
//
// Both are made from one Payment by the same rules, and read by the same rules again, so that what a
// shop builds is what the terminal takes. Bad input gets an [Error] that names the field and the
// rule. A callback is an http or https address and nothing else, however it is written. Whatever a
// caller does not know how to read is ignored; whatever is wrong is refused.
//
// It computes and does nothing else, and imports nothing of ours. msplink.js is the same for pages.
package msplink
