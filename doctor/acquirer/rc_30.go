package acquirer

import (
	"kassa/doctor"
)

// formatError is RC-30: the host could not read what it was asked.
func formatError() doctor.Rule {
	return doctor.Rule{
		ID: "RC-30", Code: "acquirer_format_error", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard + 1, Who: doctor.Operator, Contact: doctor.PointOfSale,
		Symptoms: []string{"configuration error", "30", "format error"},
		Explains: []string{"config_error", "card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The acquirer could not read the request",
				NL: "De acquirer kon het verzoek niet lezen",
				FR: "L'acquéreur n'a pas pu lire la demande",
				IT: "L'acquirer non ha potuto leggere la richiesta",
				ES: "El adquirente no pudo leer la petición",
			},
			Shop: doctor.Text{
				EN: "The payment network did not understand the request; take another card and tell support, with the time.",
				NL: "Het betaalnetwerk begreep het verzoek niet; neem een andere kaart en meld het met de tijd bij support.",
				FR: "Le réseau de paiement n'a pas compris la demande ; prenez une autre carte et prévenez l'assistance en indiquant l'heure.",
				IT: "La rete di pagamento non ha capito la richiesta; prendi un'altra carta e avvisa l'assistenza indicando l'ora.",
				ES: "La red de pagos no entendió la petición; use otra tarjeta y avise a soporte indicando la hora.",
			},
			Fix: doctor.Text{
				EN: "The alarm on the acquirer's link names the field (DE44). Correct the group's merchant data, or report it as a fault of this installation.",
				NL: "Het alarm op de acquirerverbinding noemt het veld (DE44). Verbeter de handelaarsgegevens van de groep of meld het als fout van deze installatie.",
				FR: "L'alarme de la liaison avec l'acquéreur indique le champ (DE44). Corrigez les données du groupe, ou signalez un défaut de cette installation.",
				IT: "L'allarme sul collegamento con l'acquirer indica il campo (DE44). Correggi i dati del gruppo o segnala un difetto di questa installazione.",
				ES: "La alarma del enlace con el adquirente indica el campo (DE44). Corrija los datos del grupo o comunique un fallo de esta instalación.",
			},
		},
		Developer: "The host answered {code} (format error). It is not the cash register's request that it could not read, but Kassa's.",
		Runbook:   "Look at the alarm \"format\" for the order: DE44 names the field. Usual: a merchant name or city with characters that the host does not know, an MCC that it does not take.",
		Look:      misconfigured("30"),
	}
}
