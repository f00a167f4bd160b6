package charge

import (
	"slices"

	"kassa"
	"kassa/charging"
	"kassa/doctor"
)

// holdAboveCeiling is R12: more was to be held than a plain tap may have in the country, and the bank asked for a PIN or named a limit.
func holdAboveCeiling() doctor.Rule {
	return doctor.Rule{
		ID: "R12", Code: "hold_above_ceiling", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder, Who: doctor.Merchant,
		Symptoms: []string{"declined", "PIN needed", "limit"},
		Explains: []string{"card_limit_exceeded", "card_declined_1000", "wrong_pin", "pin_tries_exceeded", "stopped_at_terminal", "expired_no_card"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "More was to be held than a tap may have",
				NL: "Er moest meer worden gereserveerd dan contactloos mag",
				FR: "La somme à réserver dépassait la limite sans contact",
				IT: "L'importo da bloccare superava il limite contactless",
				ES: "Se quiso retener más de lo que permite el pago sin contacto",
			},
			Shop: doctor.Text{
				EN: "The terminal wanted to hold {hold} and a plain tap may have {ceiling} here, so the bank refused; let the driver try a phone, which is asked for no PIN.",
				NL: "De terminal wilde {hold} reserveren en contactloos mag hier {ceiling}, dus weigerde de bank; laat de bestuurder een telefoon proberen, die geen pincode vraagt.",
				FR: "Le terminal voulait réserver {hold} alors que le sans contact est limité à {ceiling} ici : la banque a refusé ; proposez un téléphone, qui ne demande pas de code.",
				IT: "Il terminale voleva bloccare {hold} mentre il contactless qui arriva a {ceiling}: la banca ha rifiutato; prova con un telefono, che non chiede il PIN.",
				ES: "El terminal quiso retener {hold} y aquí el pago sin contacto llega a {ceiling}: el banco lo rechazó; pruebe con un teléfono, que no pide PIN.",
			},
			Fix: doctor.Text{
				EN: "Hold {ceiling} at most at this terminal, or put one with a PIN pad there.",
				NL: "Reserveer bij deze terminal hoogstens {ceiling}, of plaats er een met een pinpad.",
				FR: "Réservez {ceiling} au plus sur ce terminal, ou installez-en un avec clavier.",
				IT: "Blocca al massimo {ceiling} su questo terminale, o metti un terminale con tastierino.",
				ES: "Retenga como máximo {ceiling} en este terminal, o ponga uno con teclado.",
			},
		},
		Developer: "The session never began: no START_SESSION was sent.",
		Runbook:   "The amount comes from the tariff's preauthorize_amount or from the payment settings. The ceiling is that of the country of the location, for a tap without verification.",
		Look: func(c *doctor.Chart) doctor.Sign {
			o := c.Order
			switch {
			case o.Dialect != charging.Dialect:
				return doctor.No("the order holds no charging session's money")
			case o.Status == kassa.Completed:
				return doctor.No("the money is held")
			case !c.Has(doctor.NeedCharge):
				return doctor.NotKnown(doctor.NeedCharge, "the country of the charger is not known")
			}
			ceiling, auth := ceilingOf(c.Charge), lastAnswer(o)
			switch {
			case auth == nil:
				return doctor.No("the bank was not asked")
			case !slices.Contains([]kassa.Reason{kassa.SoftDeclinePIN, kassa.SoftDeclineInsert, kassa.DeclinedLimit, kassa.WrongPIN, kassa.PINTriesExceeded}, auth.Reason):
				return doctor.No("the bank named neither a limit nor a PIN")
			case ceiling == 0 || c.Charge.Ceiling.Currency != o.Amount.Currency:
				return doctor.No("the country of the charger has no ceiling")
			case o.Amount.Minor <= ceiling:
				return doctor.No("what was to be held is not above the ceiling of the country")
			}
			args := map[string]string{"hold": amount(c, o.Amount.Minor), "ceiling": amount(c, ceiling)}
			says := "the bank answered " + auth.ResponseCode + " (" + auth.Reason.Text() + ") when " + args["hold"] + " was to be held"
			return doctor.Found(args, recorded(c, says, "AuthorisationAnswered"),
				doctor.Evidence{Source: "settings", Ref: "terminal/" + o.TID, Says: "a plain tap may hold " + args["ceiling"] + " in the country of the charger"})
		},
	}
}

// lastAnswer is the newest authorisation of an order; nil when there is none.
func lastAnswer(o *kassa.Order) *kassa.Authorisation {
	for i := len(o.Attempts) - 1; i >= 0; i-- {
		if last := o.Attempts[i].Last(); last != nil {
			return last
		}
	}
	return nil
}
