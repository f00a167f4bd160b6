package charge

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"kassa/doctor"
)

// billsLate is R37: the operator sends the price of its sessions an hour after they end, or later.
func billsLate() doctor.Rule {
	return doctor.Rule{
		ID: "R37", Code: "bills_late", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Order, doctor.Charger}, Needs: []doctor.Need{doctor.NeedCharge}, Rank: doctor.RankHook + 1, Who: doctor.Merchant,
		Symptoms: []string{"price late", "money still held"},
		Explains: []string{"orphaned_hold"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The charge point operator sends prices late",
				NL: "De laadpuntexploitant stuurt prijzen laat",
				FR: "L'exploitant envoie les prix en retard",
				IT: "Il gestore invia i prezzi in ritardo",
				ES: "El operador envía los precios tarde",
			},
			Shop: doctor.Text{
				EN: "Prices of sessions come {minutes} minutes after their end, and until then the money stays held on the driver's card.",
				NL: "Prijzen van sessies komen {minutes} minuten na het einde, en tot dan blijft het geld op de kaart gereserveerd.",
				FR: "Les prix arrivent {minutes} minutes après la fin des sessions, et l'argent reste réservé jusque-là.",
				IT: "I prezzi arrivano {minutes} minuti dopo la fine delle sessioni, e fino ad allora il denaro resta bloccato.",
				ES: "Los precios llegan {minutes} minutos después del fin de las sesiones, y hasta entonces el dinero sigue retenido.",
			},
			Fix: doctor.Text{
				EN: "Ask the charge point operator to send the charge detail record when the session ends.",
				NL: "Vraag de laadpuntexploitant om het CDR te sturen zodra de sessie eindigt.",
				FR: "Demandez à l'exploitant d'envoyer l'enregistrement (CDR) dès la fin de la session.",
				IT: "Chiedi al gestore di inviare il record (CDR) alla fine della sessione.",
				ES: "Pida al operador que envíe el registro (CDR) en cuanto termine la sesión.",
			},
		},
		Runbook: "The median over the operator's last bills, from when it said that the session had ended to when the CDR was here, by our clock.",
		Look: func(c *doctor.Chart) doctor.Sign {
			p := c.Charge.Peer
			switch {
			case c.Subject.Kind == doctor.Order && c.Charge.Session == nil:
				return doctor.No("the order holds no charging session's money")
			case p == nil || len(p.Bills) == 0:
				return doctor.No("no bill of the operator has come yet")
			}
			bills := slices.SortedFunc(slices.Values(p.Bills), func(x, y doctor.Bill) int { return cmp.Compare(x.After, y.After) })
			median := bills[len(bills)/2]
			if median.After <= lateBill {
				return doctor.No("half of the operator's bills come within the hour")
			}
			args := map[string]string{"minutes": strconv.Itoa(int(median.After / time.Minute))}
			says := fmt.Sprintf("the bill of session %s came %s minutes after its end, and half of the last %d took as long", median.Session, args["minutes"], len(bills))
			return doctor.Found(args, doctor.Evidence{At: median.At, Source: "operator", Ref: "charging/" + median.Session, Says: says})
		},
	}
}

// lateBill is how long a bill may take.
const lateBill = time.Hour
