package acquirer

import (
	"kassa"
	"kassa/doctor"
)

// cardRefusedAfter is ACQ-04: the host approved and the chip then said no, so that the approval was undone.
func cardRefusedAfter() doctor.Rule {
	return doctor.Rule{
		ID: "ACQ-04", Code: "chip_refused_after_approval", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder + 2, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"declined", "not completed", "card removed"},
		Explains: []string{"card_declined_1000", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The card refused after the bank had approved",
				NL: "De kaart weigerde nadat de bank had goedgekeurd",
				FR: "La carte a refusé après l'accord de la banque",
				IT: "La carta ha rifiutato dopo l'approvazione della banca",
				ES: "La tarjeta lo rechazó después de que el banco aprobara",
			},
			Shop: doctor.Text{
				EN: "The bank agreed and the card's chip did not, so nothing was taken; try again and leave the card in until the screen says so.",
				NL: "De bank ging akkoord maar de chip van de kaart niet, dus is er niets afgeschreven; probeer opnieuw en laat de kaart zitten tot het scherm het zegt.",
				FR: "La banque a accepté mais la puce de la carte a refusé, rien n'a donc été débité ; réessayez et laissez la carte jusqu'à l'indication de l'écran.",
				IT: "La banca ha accettato ma il chip della carta no, quindi non è stato addebitato nulla; riprova e lascia la carta inserita finché lo dice lo schermo.",
				ES: "El banco aceptó pero el chip de la tarjeta no, así que no se cobró nada; inténtelo de nuevo y deje la tarjeta hasta que lo diga la pantalla.",
			},
			Fix: doctor.Text{
				EN: "Try once more, then another card. When it happens with many cards, the issuer's proof is changed on the way: tell the acquirer.",
				NL: "Probeer het nog één keer, daarna een andere kaart. Gebeurt het met veel kaarten, dan wordt het bewijs onderweg veranderd: meld het de acquirer.",
				FR: "Réessayez une fois, puis une autre carte. Si cela arrive avec beaucoup de cartes, la preuve est altérée en route : prévenez l'acquéreur.",
				IT: "Riprova una volta, poi un'altra carta. Se succede con molte carte, la prova viene alterata lungo la via: avvisa l'acquirer.",
				ES: "Inténtelo una vez más y luego con otra tarjeta. Si ocurre con muchas, la prueba se altera por el camino: avise al adquirente.",
			},
		},
		Developer: "The order ended with {reason}; the approval is reversed. A new order is safe.",
		Runbook:   "The chip checks the issuer's cryptogram (tag 91). card_refused is its no (AAC) or a card that was pulled out; completion_missing a terminal that never told how the chip ended.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if c.Order.End != kassa.CardRefused && c.Order.End != kassa.CompletionMissing {
				return doctor.No("no chip refused after an approval")
			}
			args := map[string]string{"reason": string(c.Order.End)}
			says := "the host had approved; the order ended with " + args["reason"]
			evidence := []doctor.Evidence{c.Recorded("order", "order/"+c.Order.ID(), says, "OrderCancelled")}
			if e, ok := c.Last("CompletionReported"); ok {
				body, _ := doctor.Read[kassa.CompletionReported](e)
				evidence = append(evidence, doctor.Entry(e, "terminal", "the terminal told that the chip "+string(body.Outcome)))
			}
			return doctor.Found(args, evidence...)
		},
	}
}
