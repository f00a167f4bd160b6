package main

import (
	"kassa/charging"
	"kassa/doctor"
)

// chargingFacts are what the doctor asks about charging.
type chargingFacts struct{ c *cloud }

func (f chargingFacts) Session(ref string) (charging.Session, bool, error) {
	return f.c.charging.Book.Load(ref)
}

// Place tells what a terminal sells and how the link with its operator is.
func (f chargingFacts) Place(tid string) (place doctor.Charge, ok bool, err error) {
	place.TID = tid
	return place, false, nil
}
