package kassa

import (
	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
)

// cardDataUnreadable is KAS-20: what the terminal sealed cannot be opened: it holds another initial key than is
// known here.
func cardDataUnreadable() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-20", Code: "card_data_unreadable", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder + 4, Who: doctor.Operator, Contact: doctor.PointOfSale,
		Symptoms: []string{"configuration error", "card data unreadable"},
		Explains: []string{"config_error", "card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal's keys do not match those of the cloud",
				NL: "De sleutels van de terminal passen niet bij die van de cloud",
				FR: "Les clés du terminal ne correspondent pas à celles du cloud",
				IT: "Le chiavi del terminale non corrispondono a quelle del cloud",
				ES: "Las claves del terminal no coinciden con las de la nube",
			},
			Shop: doctor.Text{
				EN: "This terminal's keys are not the right ones, so no card works on it; use another terminal and call support.",
				NL: "De sleutels van deze terminal zijn niet de juiste, dus werkt er geen kaart op; gebruik een andere terminal en bel support.",
				FR: "Les clés de ce terminal ne sont pas les bonnes, aucune carte n'y marche donc ; utilisez un autre terminal et appelez l'assistance.",
				IT: "Le chiavi di questo terminale non sono quelle giuste, quindi nessuna carta funziona; usa un altro terminale e chiama l'assistenza.",
				ES: "Las claves de este terminal no son las correctas, así que no funciona ninguna tarjeta; use otro terminal y llame a soporte.",
			},
			Fix: doctor.Text{
				EN: "Compare the check value (KCV) on the terminal's boot screen with its page, and inject its key again.",
				NL: "Vergelijk de controlewaarde (KCV) op het opstartscherm met die op de terminalpagina en injecteer de sleutel opnieuw.",
				FR: "Comparez la valeur de contrôle (KCV) de l'écran de démarrage avec celle de sa page, et réinjectez sa clé.",
				IT: "Confronta il valore di controllo (KCV) della schermata di avvio con quello della pagina e inietta di nuovo la chiave.",
				ES: "Compare el valor de control (KCV) de la pantalla de arranque con el de su página y vuelva a inyectar la clave.",
			},
		},
		Developer: "The request never reached the acquirer; nothing was taken. It is nothing that the cash register can change.",
		Runbook:   "The secure module could not open the track data under the KSN's key. After a restore of this installation, its master key may be another one: then all terminals fail.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if !gaveUp(c.Order, kassa.CardDataUnreadable) {
				return doctor.No("all card data could be opened")
			}
			evidence := []doctor.Evidence{ended(c, "the secure module could not open the card's data")}
			if t, ok := past.Last(c); ok && c.Device != nil && t.IKID != "" && t.IKID != c.Device.IKID {
				evidence = append(evidence, past.Reported(t, "it holds the initial key "+t.IKID+", the estate has "+c.Device.IKID))
			}
			return doctor.Found(past.Args(c), evidence...)
		},
	}
}
