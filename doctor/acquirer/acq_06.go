package acquirer

import (
	"kassa"
	"kassa/doctor"
)

// partialApproval is ACQ-06: the issuer approved less than the amount, which this order does not take.
func partialApproval() doctor.Rule {
	return doctor.Rule{
		ID: "ACQ-06", Code: "partial_not_allowed", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard, Who: doctor.Shop,
		Symptoms: []string{"partial approval", "10", "not completed"},
		Explains: []string{"card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The bank approved only a part of the amount",
				NL: "De bank keurde maar een deel van het bedrag goed",
				FR: "La banque n'a accepté qu'une partie du montant",
				IT: "La banca ha approvato solo una parte dell'importo",
				ES: "El banco aprobó solo una parte del importe",
			},
			Shop: doctor.Text{
				EN: "The card holds less than the amount, so nothing was taken; ask for another card, or split the amount over two.",
				NL: "Op de kaart staat minder dan het bedrag, dus is er niets afgeschreven; vraag om een andere kaart of verdeel het bedrag over twee.",
				FR: "La carte contient moins que le montant, rien n'a donc été débité ; demandez une autre carte ou partagez sur deux.",
				IT: "La carta contiene meno dell'importo, quindi non è stato addebitato nulla; chiedi un'altra carta o dividi su due.",
				ES: "La tarjeta tiene menos que el importe, así que no se cobró nada; pida otra tarjeta o reparta entre dos.",
			},
			Fix: doctor.Text{
				EN: "Make an order of the smaller amount for this card, and one for the rest. It is usual with prepaid and gift cards.",
				NL: "Maak een bestelling van het kleinere bedrag voor deze kaart en een voor de rest. Bij prepaid- en cadeaukaarten is dit gewoon.",
				FR: "Créez une commande du plus petit montant pour cette carte et une autre pour le reste. C'est courant avec les cartes prépayées et cadeaux.",
				IT: "Crea un ordine dell'importo minore per questa carta e uno per il resto. È normale con carte prepagate e regalo.",
				ES: "Cree un pedido del importe menor para esta tarjeta y otro para el resto. Es habitual con tarjetas prepago y regalo.",
			},
		},
		Developer: "The host answered 10 with a lower amount; the order takes no partial approval, so that it was reversed.",
		Runbook:   "Response code 10, with the approved amount in DE4. The reversal follows by itself; see ReversalAcknowledged.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if c.Order.End != kassa.PartialNotAllowed {
				return doctor.No("no answer was a partial approval")
			}
			auth := lastTry(c.Order)
			if auth == nil {
				return doctor.No("the acquirer was not asked")
			}
			return doctor.Found(nil, of(c, auth.Request, "the issuer approved less than the amount (response code 10)", "AuthorisationAnswered", "ReversalDue"),
				c.Recorded("order", "order/"+c.Order.ID(), "the order takes no part of its amount", "OrderCancelled"))
		},
	}
}
