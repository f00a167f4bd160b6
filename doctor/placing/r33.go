package placing

import (
	"strconv"

	"kassa/doctor"
)

// noIncrements is R33: holds are to be raised, and the terminal's family cannot.
func noIncrements() doctor.Rule {
	return doctor.Rule{
		ID: "R33", Code: "increments_unsupported", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 8, Who: doctor.Merchant,
		Symptoms: []string{"hold is not raised"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Holds are to be raised, and this terminal cannot",
				NL: "Reserveringen moeten verhoogd worden, en deze terminal kan dat niet",
				FR: "Les réserves doivent être relevées, et ce terminal ne le peut pas",
				IT: "I blocchi vanno aumentati, e questo terminale non può",
				ES: "Las retenciones deben aumentarse, y este terminal no puede",
			},
			Shop: doctor.Text{
				EN: "Charging works; it stops when the money that is held is used up.",
				NL: "Laden werkt; het stopt als het gereserveerde bedrag op is.",
				FR: "La recharge fonctionne ; elle s'arrête quand la réserve est épuisée.",
				IT: "La ricarica funziona; si ferma quando il blocco è esaurito.",
				ES: "La carga funciona; se detiene cuando se agota la retención.",
			},
			Fix: doctor.Text{
				EN: "Switch increments off for {station} and hold enough at once, or place a terminal whose family can raise holds.",
				NL: "Zet verhogingen uit voor {station} en reserveer meteen genoeg, of plaats een terminal waarvan de familie kan verhogen.",
				FR: "Désactivez les relèvements pour {station} et réservez assez d'emblée, ou placez un terminal dont la famille le permet.",
				IT: "Disattiva gli aumenti per {station} e blocca subito abbastanza, o metti un terminale la cui famiglia può aumentare.",
				ES: "Desactive los aumentos para {station} y retenga lo suficiente de una vez, o coloque un terminal cuya familia pueda aumentar.",
			},
		},
		Runbook: "Incremental authorisation needs the family and the acquirer. What the acquirer can do is not known here.",
		Look: func(c *doctor.Chart) doctor.Sign {
			t, no := terminal(c)
			n := c.Placing.Increments
			switch {
			case n == nil || *n == 0:
				return doctor.No("no hold is to be raised")
			case t == nil:
				return no
			case t.Family == "":
				return doctor.NotKnown(doctor.NeedPlacing, "the family of the terminal is not known")
			case !t.Increments:
				return doctor.Found(args(c), says(c, "terminals/"+t.ID, "up to "+strconv.Itoa(*n)+" increments are configured, and family "+t.Family+" has none"))
			}
			return doctor.No("family " + t.Family + " raises holds")
		},
	}
}
