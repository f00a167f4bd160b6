package kassa

import (
	"kassa/doctor"
)

// orderParked is KAS-16: the order was taken out of service, since a rule that must always hold was broken.
func orderParked() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-16", Code: "order_parked", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Order}, Rank: doctor.RankOrder - 1, Who: doctor.Operator, Contact: doctor.GeneralSupport,
		Symptoms: []string{"order parked", "stuck"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The order was taken out of service for inspection",
				NL: "De bestelling is voor onderzoek buiten werking gesteld",
				FR: "La commande a été retirée pour examen",
				IT: "L'ordine è stato ritirato per un controllo",
				ES: "El pedido fue retirado para su revisión",
			},
			Shop: doctor.Text{
				EN: "Something about this payment does not add up and people look at it; do not charge again before support has answered.",
				NL: "Aan deze betaling klopt iets niet en mensen kijken ernaar; reken niet opnieuw af voordat support heeft geantwoord.",
				FR: "Quelque chose ne concorde pas dans ce paiement et on l'examine ; ne débitez pas de nouveau avant la réponse de l'assistance.",
				IT: "In questo pagamento qualcosa non torna ed è in esame; non addebitare di nuovo prima della risposta dell'assistenza.",
				ES: "Algo en este pago no cuadra y se está revisando; no vuelva a cobrar antes de que responda soporte.",
			},
			Fix: doctor.Text{
				EN: "The operator compares the order with the acquirer's books and settles it by hand. The order's last fact says why.",
				NL: "De beheerder vergelijkt de bestelling met de boeken van de acquirer en handelt die met de hand af. Het laatste feit zegt waarom.",
				FR: "L'exploitant compare la commande avec les livres de l'acquéreur et la règle à la main. Le dernier fait en dit la raison.",
				IT: "Il gestore confronta l'ordine con i libri dell'acquirer e lo sistema a mano. L'ultimo fatto dice il motivo.",
				ES: "El operador compara el pedido con los libros del adquirente y lo resuelve a mano. El último hecho dice el motivo.",
			},
			Question: doctor.Text{
				EN: "Does the payment's page say that the order is parked?",
				NL: "Zegt de pagina van de betaling dat de bestelling geparkeerd is?",
				FR: "La page du paiement indique-t-elle que la commande est mise de côté ?",
				IT: "La pagina del pagamento dice che l'ordine è accantonato?",
				ES: "¿Dice la página del pago que el pedido está apartado?",
			},
		},
		Developer: "The order takes no more requests. Its outcome is what the acquirer has booked; ask the operator.",
		Runbook:   "A broken invariant, always a fault of this installation: keep the journal, open a case, and compare by STAN and RRN.",
	}
}
