package acquirer

import (
	"time"

	"kassa"
	"kassa/doctor"
)

// outcomeUnknown is ACQ-02: the acquirer may have said yes, and Kassa is undoing it. Nobody knows the outcome until
// that is acknowledged.
func outcomeUnknown() doctor.Rule {
	return doctor.Rule{
		ID: "ACQ-02", Code: "outcome_unknown", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder + 1, Who: doctor.Nobody, Contact: doctor.GeneralSupport,
		Symptoms: []string{"not completed", "outcome unknown", "no answer", "did not receive a response"},
		Explains: []string{"expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "It is not known yet whether the bank approved",
				NL: "Het is nog niet bekend of de bank heeft goedgekeurd",
				FR: "On ne sait pas encore si la banque a accepté",
				IT: "Non si sa ancora se la banca ha approvato",
				ES: "Aún no se sabe si el banco aprobó el pago",
			},
			Shop: doctor.Text{
				EN: "The bank's answer got lost and the payment is being undone; do not hand over the goods for it, and look again in a few minutes.",
				NL: "Het antwoord van de bank ging verloren en de betaling wordt ongedaan gemaakt; geef er geen goederen voor mee en kijk over enkele minuten opnieuw.",
				FR: "La réponse de la banque s'est perdue et le paiement est en cours d'annulation ; ne remettez pas la marchandise et revérifiez dans quelques minutes.",
				IT: "La risposta della banca è andata persa e il pagamento viene annullato; non consegnare la merce e controlla di nuovo tra qualche minuto.",
				ES: "La respuesta del banco se perdió y el pago se está anulando; no entregue la mercancía y vuelva a mirar en unos minutos.",
			},
			Fix: doctor.Text{
				EN: "Wait: Kassa repeats the reversal until the acquirer confirms it. The customer may see a reservation, which disappears.",
				NL: "Wacht: Kassa herhaalt de annulering tot de acquirer die bevestigt. De klant ziet misschien een reservering, die weer verdwijnt.",
				FR: "Attendez : Kassa répète l'annulation jusqu'à ce que l'acquéreur la confirme. Le client peut voir une réservation, qui disparaît.",
				IT: "Attendi: Kassa ripete lo storno finché l'acquirer lo conferma. Il cliente può vedere una prenotazione, che sparisce.",
				ES: "Espere: Kassa repite la anulación hasta que el adquirente la confirme. El cliente puede ver una reserva, que desaparece.",
			},
		},
		Developer: "Do not retry on the same order, and take it for neither paid nor declined: poll it, or wait for its webhook. A reversal (reason {reason}) is owed since {since}.",
		Runbook:   "See ReversalDue and the alarms reversal_stuck and reversal_refused. The acquirer's link must be up for it to end.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if c.Order.Parked != "" {
				args := map[string]string{"reason": "none, the order is parked", "since": c.Order.ModifiedAt.UTC().Format("15:04:05 UTC")}
				return doctor.Found(args, c.Recorded("order", "order/"+c.Order.ID(), "parked for people to look at: "+c.Order.Parked, "OrderParked"))
			}
			for i := range c.Order.Attempts {
				for j := range c.Order.Attempts[i].Authorisations {
					a := &c.Order.Attempts[i].Authorisations[j]
					switch {
					case a.Reversal.Owed() && a.State == kassa.HostUnknown:
						args := map[string]string{"reason": string(a.Reversal.Reason), "since": a.Reversal.OwedAt.UTC().Format("15:04:05 UTC")}
						return doctor.Found(args, of(c, a.Request, "the acquirer gave no usable answer", "AuthorisationUnknown"),
							of(c, a.Request, "its reversal is not acknowledged yet", "ReversalDue"))
					case a.State == kassa.HostOpen && c.Now.Sub(a.TransmittedAt) > slowAnswer:
						args := map[string]string{"reason": "none yet", "since": a.TransmittedAt.UTC().Format("15:04:05 UTC")}
						return doctor.Found(args, of(c, a.Request, "the acquirer was asked, and has not answered", "AuthorisationRequested"))
					}
				}
			}
			return doctor.No("no request to the acquirer is without its outcome")
		},
	}
}

// slowAnswer is longer than an acquirer may take, before the request is reversed.
const slowAnswer = 20 * time.Second
