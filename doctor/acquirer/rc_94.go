package acquirer

import (
	"kassa/doctor"
)

// duplicateAtHost is RC-94: the host has had a message with this identity. The stored answer is asked for, never a
// second charge.
func duplicateAtHost() doctor.Rule {
	return doctor.Rule{
		ID: "RC-94", Code: "acquirer_says_duplicate", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Rank: doctor.RankCard + 1, Who: doctor.Operator, Contact: doctor.GeneralSupport,
		Symptoms: []string{"94", "duplicate"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The acquirer takes the request for a repeat",
				NL: "De acquirer ziet het verzoek als een herhaling",
				FR: "L'acquéreur prend la demande pour une répétition",
				IT: "L'acquirer considera la richiesta una ripetizione",
				ES: "El adquirente toma la petición por una repetición",
			},
			Shop: doctor.Text{
				EN: "The payment network says that it has had this request; do not charge again, look at the order's result first.",
				NL: "Het betaalnetwerk zegt dat het dit verzoek al heeft gehad; reken niet opnieuw af en kijk eerst naar het resultaat van de bestelling.",
				FR: "Le réseau de paiement dit avoir déjà reçu cette demande ; ne débitez pas de nouveau, regardez d'abord le résultat de la commande.",
				IT: "La rete di pagamento dice di aver già ricevuto questa richiesta; non addebitare di nuovo, guarda prima l'esito dell'ordine.",
				ES: "La red de pagos dice que ya recibió esta petición; no vuelva a cobrar y mire antes el resultado del pedido.",
			},
			Fix: doctor.Text{
				EN: "Look for another installation or an old copy of the data that sends with the same terminal ids: two counters of trace numbers collide.",
				NL: "Zoek een andere installatie of een oude kopie van de gegevens die met dezelfde terminalnummers verstuurt: twee tellers botsen.",
				FR: "Cherchez une autre installation ou une vieille copie des données qui envoie avec les mêmes numéros de terminal : deux compteurs se heurtent.",
				IT: "Cerca un'altra installazione o una vecchia copia dei dati che invia con gli stessi numeri di terminale: due contatori si scontrano.",
				ES: "Busque otra instalación o una copia antigua de los datos que envíe con los mismos números de terminal: dos contadores chocan.",
			},
			Question: doctor.Text{
				EN: "Does the acquirer's report show two messages with the same trace number, terminal and date?",
				NL: "Toont het rapport van de acquirer twee berichten met hetzelfde volgnummer, terminalnummer en dezelfde datum?",
				FR: "Le rapport de l'acquéreur montre-t-il deux messages avec les mêmes numéro de séquence, terminal et date ?",
				IT: "Il rapporto dell'acquirer mostra due messaggi con lo stesso numero progressivo, terminale e data?",
				ES: "¿Muestra el informe del adquirente dos mensajes con el mismo número de secuencia, terminal y fecha?",
			},
		},
		Developer: "The host answered 94 (duplicate transmission). Kassa repeats the request with the same identity and takes the stored answer.",
		Runbook:   "STAN, RRN and terminal id were used before. After a restore from a backup the trace numbers must be set ahead.",
	}
}
