// Package management is Adyen's side of the estate: the Management API v3 under /v3, and the three
// calls that tell which terminals can be reached (POST /connectedTerminals, and connectedDevices and
// status of the Cloud Device API v1).
//
// A company is an account's company, a merchant an account, a store a shop, and a terminal is a device
// by its POIID: bound to a place in the estate it has that place's settings, unbound it is inventory.
// Who calls sees what their key is for, and of the rest not whether it exists.
//
// It promises that a list never names a terminal as connected that had no live link a moment before,
// that what was answered with success is durable, and that a request which is refused changes nothing.
// It never shows a secret again, and takes no payments.
package management
