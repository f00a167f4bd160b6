package charge

import (
	"strconv"
	"strings"
	"time"

	"kassa/doctor"
)

// readerStuck is R22: the terminal is in the middle of something, and nobody is there.
func readerStuck() doctor.Rule {
	return doctor.Rule{
		ID: "R22", Code: "reader_stuck", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedCharge}, Rank: doctor.RankTerminal + 3, Who: doctor.Shop, Contact: doctor.PointOfSale,
		Symptoms: []string{"terminal does not react", "stuck screen"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal is stuck in a session that is over",
				NL: "De terminal hangt in een sessie die voorbij is",
				FR: "Le terminal est bloqué dans une session terminée",
				IT: "Il terminale è bloccato in una sessione finita",
				ES: "El terminal está bloqueado en una sesión terminada",
			},
			Shop: doctor.Text{
				EN: "The terminal says {state} since {minutes} minutes and nobody is charging: cancel on its screen, and switch it off and on when that does not help.",
				NL: "De terminal meldt al {minutes} minuten {state} en niemand laadt: annuleer op het scherm, en zet hem uit en aan als dat niet helpt.",
				FR: "Le terminal indique {state} depuis {minutes} minutes et personne ne charge : annulez à l'écran, puis éteignez-le et rallumez-le si cela ne suffit pas.",
				IT: "Il terminale indica {state} da {minutes} minuti e nessuno sta caricando: annulla sullo schermo, e se non basta spegnilo e riaccendilo.",
				ES: "El terminal indica {state} desde hace {minutes} minutos y nadie carga: cancele en la pantalla y, si no basta, apáguelo y enciéndalo.",
			},
			Fix: doctor.Text{
				EN: "Stop or cancel the reader's session from the provider's portal, then restart the terminal.",
				NL: "Stop of annuleer de sessie van de lezer in het portaal van de aanbieder en herstart daarna de terminal.",
				FR: "Arrêtez ou annulez la session du lecteur dans le portail du fournisseur, puis redémarrez le terminal.",
				IT: "Ferma o annulla la sessione del lettore dal portale del fornitore, poi riavvia il terminale.",
				ES: "Detenga o cancele la sesión del lector en el portal del proveedor y reinicie el terminal.",
			},
		},
		Runbook: "Online, another state than IDLE for more than ten minutes, and no session of ours is open at the terminal. A reader session that was started and never stopped does this.",
		Look: func(c *doctor.Chart) doctor.Sign {
			r := c.Charge.Reader
			switch {
			case r.State == "" || r.Since.IsZero():
				return doctor.NotKnown(doctor.NeedCharge, "nobody has told the state of the reader")
			case !r.Online:
				return doctor.No("the terminal is not online")
			case strings.EqualFold(r.State, idle):
				return doctor.No("the reader is idle")
			case c.Now.Sub(r.Since) <= stuckAfter:
				return doctor.No("the reader is " + r.State + " for ten minutes at most")
			}
			for _, s := range c.Charge.Past {
				if !s.State.Final() {
					return doctor.No("session " + s.Ref + " is open at the terminal")
				}
			}
			args := map[string]string{"state": r.State, "minutes": strconv.Itoa(int(c.Now.Sub(r.Since) / time.Minute))}
			return doctor.Found(args, doctor.Evidence{At: r.Since, Source: "terminal", Ref: "terminal/" + c.Charge.TID, Says: "its provider says " + r.State + ", and no session is open"})
		},
	}
}

// idle is the state of a reader that waits for a driver.
const idle = "IDLE"

// stuckAfter is how long a reader may be busy without a session.
const stuckAfter = 10 * time.Minute
