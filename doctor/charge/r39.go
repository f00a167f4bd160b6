package charge

import (
	"fmt"
	"strconv"

	"kassa/doctor"
)

// terminalDeclines is R39: cards are declined at this terminal, and at the others they are not.
func terminalDeclines() doctor.Rule {
	return doctor.Rule{
		ID: "R39", Code: "terminal_declines", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedCharge}, Rank: doctor.RankAcquirer, Who: doctor.Acquirer, Contact: doctor.PointOfSale,
		Symptoms: []string{"many declines", "cards refused at one terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Cards are declined at this terminal only",
				NL: "Alleen op deze terminal worden kaarten geweigerd",
				FR: "Les cartes ne sont refusées que sur ce terminal",
				IT: "Le carte sono rifiutate solo su questo terminale",
				ES: "Solo en este terminal se rechazan tarjetas",
			},
			Shop: doctor.Text{
				EN: "{declined} of the last {count} cards were declined here and {others} % elsewhere: let drivers pay at another terminal.",
				NL: "Hier werden {declined} van de laatste {count} kaarten geweigerd en elders {others} %: laat bestuurders op een andere terminal betalen.",
				FR: "{declined} des {count} dernières cartes ont été refusées ici, {others} % ailleurs : faites payer sur un autre terminal.",
				IT: "Qui sono state rifiutate {declined} delle ultime {count} carte, altrove il {others} %: fai pagare su un altro terminale.",
				ES: "Aquí se rechazaron {declined} de las últimas {count} tarjetas y en otros sitios el {others} %: que paguen en otro terminal.",
			},
			Fix: doctor.Text{
				EN: "Have the acquirer check this terminal's id and its EMV configuration, and look for something before the antenna.",
				NL: "Laat de acquirer het nummer en de EMV-configuratie van deze terminal nakijken en kijk of er iets voor de antenne zit.",
				FR: "Faites vérifier par l'acquéreur l'identifiant et la configuration EMV de ce terminal, et cherchez un obstacle devant l'antenne.",
				IT: "Fai verificare all'acquirer l'identificativo e la configurazione EMV di questo terminale, e cerca ostacoli davanti all'antenna.",
				ES: "Pida al adquirente que revise el identificador y la configuración EMV de este terminal, y busque algo delante de la antena.",
			},
		},
		Runbook: "At least five tries here and five elsewhere within a day; the share here is twice that of the account's other terminals and a fifth higher, and no other terminal is like it.",
		Look: func(c *doctor.Chart) doctor.Sign {
			var own, others doctor.CardTries
			alike := 0
			for _, t := range c.Charge.Tries {
				if t.TID == c.Charge.TID {
					own = t
					continue
				}
				others.Tries, others.Declined = others.Tries+t.Tries, others.Declined+t.Declined
			}
			for _, t := range c.Charge.Tries {
				if t.TID != own.TID && 2*t.Declined >= t.Tries && t.Tries >= fewTries {
					alike++
				}
			}
			switch {
			case own.Tries < fewTries || others.Tries < fewTries:
				return doctor.No("there were too few cards to compare terminals")
			case alike > 0:
				return doctor.No("another terminal declines as many cards")
			}
			here, there := 100*own.Declined/own.Tries, 100*others.Declined/others.Tries
			if here < 2*there || here < there+20 {
				return doctor.No(fmt.Sprintf("%d %% of the cards are declined here, and %d %% elsewhere", here, there))
			}
			args := map[string]string{"declined": strconv.Itoa(own.Declined), "count": strconv.Itoa(own.Tries), "others": strconv.Itoa(there)}
			return doctor.Found(args, doctor.Evidence{At: c.Now, Source: "acquirer", Ref: "terminal/" + own.TID, Says: fmt.Sprintf("%d of %d cards were declined at it within a day, and %d of %d at the account's other terminals", own.Declined, own.Tries, others.Declined, others.Tries)})
		},
	}
}

// fewTries is how many cards say nothing yet.
const fewTries = 5
