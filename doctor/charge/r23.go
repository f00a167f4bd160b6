package charge

import (
	"strconv"
	"time"

	"kassa/doctor"
)

// orphanedHold is R23: money is held for a session that ended half an hour ago, and nothing has been taken or given back.
func orphanedHold() doctor.Rule {
	return doctor.Rule{
		ID: "R23", Code: "orphaned_hold", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder, Who: doctor.Operator, Contact: doctor.GeneralSupport, Action: doctor.Action{Label: "See the payment", Href: "/payments/{order}"},
		Symptoms: []string{"money still held", "reserved amount does not disappear"},
		Explains: []string{"hold_not_closed"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Money is still held for a session that has ended",
				NL: "Er staat nog geld gereserveerd voor een beëindigde sessie",
				FR: "De l'argent reste réservé pour une session terminée",
				IT: "Del denaro è ancora bloccato per una sessione finita",
				ES: "Sigue retenido dinero de una sesión terminada",
			},
			Shop: doctor.Text{
				EN: "The session ended {minutes} minutes ago and {held} is still held on the driver's card; the price has not come, and support can settle it by hand.",
				NL: "De sessie eindigde {minutes} minuten geleden en op de kaart staat nog {held} gereserveerd; de prijs is niet gekomen, support kan het met de hand afronden.",
				FR: "La session s'est terminée il y a {minutes} minutes et {held} restent réservés sur la carte ; le prix n'est pas arrivé, l'assistance peut régler cela à la main.",
				IT: "La sessione è finita {minutes} minuti fa e {held} sono ancora bloccati sulla carta; il prezzo non è arrivato, l'assistenza può chiudere a mano.",
				ES: "La sesión terminó hace {minutes} minutos y siguen retenidos {held} en la tarjeta; el precio no ha llegado, soporte puede cerrarla a mano.",
			},
			Fix: doctor.Text{
				EN: "Capture what the session cost, or release the hold, now. Ask the charge point operator for the missing record.",
				NL: "Int nu wat de sessie kostte, of geef de reservering vrij. Vraag de laadpuntexploitant om het ontbrekende record.",
				FR: "Encaissez maintenant le coût de la session, ou libérez la réserve. Demandez l'enregistrement manquant à l'exploitant de la borne.",
				IT: "Incassa ora il costo della sessione, o libera il blocco. Chiedi al gestore della colonnina il record mancante.",
				ES: "Cobre ahora lo que costó la sesión, o libere la retención. Pida el registro que falta al operador del cargador.",
			},
		},
		Developer: "The session is in the state {state}; no CDR has fixed its price.",
		Runbook:   "Kassa asks for the CDR again and again (15 minutes, then hourly), and settles or releases by its policy before the hold expires. Half an hour without either is an incident at the operator's billing.",
		Look: func(c *doctor.Chart) doctor.Sign {
			s, no := session(c)
			switch {
			case s == nil:
				return no
			case s.State.Final():
				return doctor.No("what was held has been taken or given back")
			case s.OverAt.IsZero():
				return doctor.No("the session has not ended")
			case c.Now.Sub(s.OverAt) <= orphanedAfter:
				return doctor.No("the session ended half an hour ago at most")
			}
			args := map[string]string{
				"minutes": strconv.Itoa(int(c.Now.Sub(s.OverAt) / time.Minute)), "held": sum(*s, s.Order.Amount), "state": string(s.State), "order": c.Order.ID(),
			}
			says := "the session ended, and " + args["held"] + " is neither taken nor given back"
			return doctor.Found(args, doctor.Evidence{At: s.OverAt, Source: "operator", Ref: "charging/" + s.Ref, Says: says})
		},
	}
}

// orphanedAfter is how long money may be held for a session that has ended.
const orphanedAfter = 30 * time.Minute
