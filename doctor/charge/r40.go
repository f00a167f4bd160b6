package charge

import (
	"time"

	"kassa/doctor"
)

// peerClockSkew is R40: the operator's clock is more than two minutes off.
func peerClockSkew() doctor.Rule {
	return doctor.Rule{
		ID: "R40", Code: "operator_clock_skew", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedCharge}, Rank: doctor.RankNotice + 1, Who: doctor.Merchant,
		Symptoms: []string{"wrong times", "clock"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The operator's clock is wrong",
				NL: "De klok van de exploitant loopt niet gelijk",
				FR: "L'horloge de l'exploitant n'est pas à l'heure",
				IT: "L'orologio del gestore è sbagliato",
				ES: "El reloj del operador va mal",
			},
			Shop: doctor.Text{
				EN: "The clock of {peer} is {seconds} s away from ours, so times on receipts and prices that depend on the hour may be wrong.",
				NL: "De klok van {peer} wijkt {seconds} s van de onze af, dus tijden op bonnen en prijzen per uur kunnen niet kloppen.",
				FR: "L'horloge de {peer} s'écarte de {seconds} s de la nôtre : les heures des reçus et les prix selon l'heure peuvent être faux.",
				IT: "L'orologio di {peer} differisce di {seconds} s dal nostro: gli orari sulle ricevute e i prezzi a ore possono essere sbagliati.",
				ES: "El reloj de {peer} difiere {seconds} s del nuestro: las horas de los recibos y los precios por hora pueden ser erróneos.",
			},
			Fix: doctor.Text{
				EN: "Have the charge point operator set its servers by NTP; when it is right, look at the clock of this installation.",
				NL: "Laat de exploitant zijn servers met NTP gelijkzetten; klopt zijn klok, kijk dan naar die van deze installatie.",
				FR: "Demandez à l'exploitant de régler ses serveurs par NTP ; si son horloge est juste, vérifiez celle de cette installation.",
				IT: "Fai regolare al gestore i server con NTP; se il suo orologio è giusto, controlla quello di questa installazione.",
				ES: "Pida al operador que ajuste sus servidores por NTP; si su reloj está bien, mire el de esta instalación.",
			},
		},
		Runbook: "Measured by the timestamp in the envelope of the operator's last answer, remembered since this process began. What it says of last_updated is ordered by its own clock, and sessions that change may be taken for old ones.",
		Look: func(c *doctor.Chart) doctor.Sign {
			p := c.Charge.Peer
			switch {
			case p == nil || p.SkewAt.IsZero():
				return doctor.NotKnown(doctor.NeedCharge, "the operator has told no time since the start")
			case p.Skew.Abs() <= skewed:
				return doctor.No("the operator's clock is " + doctor.Seconds(p.Skew) + " s ahead of ours")
			}
			args := map[string]string{"peer": p.Name, "seconds": doctor.Seconds(p.Skew.Abs())}
			return doctor.Found(args, doctor.Evidence{At: p.SkewAt, Source: "operator", Ref: "ocpipeer/" + p.ID, Says: "its answer was stamped " + doctor.Seconds(p.Skew) + " s ahead of our clock"})
		},
	}
}

// skewed is how far clocks may be apart.
const skewed = 2 * time.Minute
