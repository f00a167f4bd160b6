// Package book is all rules in one book.
//
// It promises nothing beyond package doctor: it knows which groups of rules there are.
package book

import (
	"kassa/doctor"
	"kassa/doctor/acquirer"
	"kassa/doctor/adyen"
	"kassa/doctor/charge"
	"kassa/doctor/kassa"
	"kassa/doctor/multisafepay"
	"kassa/doctor/network"
	"kassa/doctor/placing"
)

// Whole gives the book of all groups.
func Whole() (*doctor.Book, error) {
	return doctor.NewBook(multisafepay.Rules(), adyen.Rules(), network.Rules(), acquirer.Rules(), kassa.Rules(), charge.Rules(), placing.Rules())
}
