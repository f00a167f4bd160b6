package acquirer

import (
	"kassa/doctor"
)

// securityDoubt is RC-63: the issuer does not trust the payment.
func securityDoubt() doctor.Rule {
	return doctor.Rule{
		ID: "RC-63", Code: "issuer_doubts_security", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"1000 card declined", "card declined", "63"},
		Explains: []string{"card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The bank does not trust this payment",
				NL: "De bank vertrouwt deze betaling niet",
				FR: "La banque se méfie de ce paiement",
				IT: "La banca non si fida di questo pagamento",
				ES: "El banco no se fía de este pago",
			},
			Shop: doctor.Text{
				EN: "The bank declined this payment for its security; ask for another card or another way to pay.",
				NL: "De bank weigerde deze betaling om veiligheidsredenen; vraag om een andere kaart of betaalwijze.",
				FR: "La banque a refusé ce paiement par sécurité ; demandez une autre carte ou un autre moyen de paiement.",
				IT: "La banca ha rifiutato questo pagamento per sicurezza; chiedi un'altra carta o un altro modo di pagare.",
				ES: "El banco rechazó este pago por seguridad; pida otra tarjeta u otra forma de pago.",
			},
			Fix: doctor.Text{
				EN: "The customer asks the bank. When it happens with many cards, ask support to look at the terminal's keys.",
				NL: "De klant vraagt het de bank. Gebeurt het met veel kaarten, laat support dan naar de sleutels van de terminal kijken.",
				FR: "Le client interroge sa banque. Si cela arrive avec beaucoup de cartes, demandez à l'assistance de vérifier les clés du terminal.",
				IT: "Il cliente chiede alla banca. Se succede con molte carte, chiedi all'assistenza di controllare le chiavi del terminale.",
				ES: "El cliente pregunta a su banco. Si ocurre con muchas tarjetas, pida a soporte que revise las claves del terminal.",
			},
		},
		Developer: "The issuer answered {code} (security violation, or the cardholder's check failed). Final for this card.",
		Runbook:   "63, N7 and 6P raise a security alarm. One card: the issuer's business. Many: look at acquirer_keys_out_of_step and at who uses the terminal.",
		Look:      decides("63", "N7", "6P"),
	}
}
