package multisafepay

import (
	"slices"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
)

// streamClosed is EVT-02: the client closed its event stream before the order had ended.
func streamClosed() doctor.Rule {
	return doctor.Rule{
		ID: "EVT-02", Code: "event_stream_closed", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order},
		Needs: []doctor.Need{doctor.NeedOrder, doctor.NeedCalls}, Rank: doctor.RankAcquirer + 9, Who: doctor.Developer,
		Symptoms: []string{"updates stop after declined", "no updates", "no events"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The register stopped listening after declined",
				NL: "De kassa luisterde na declined niet meer",
				FR: "La caisse a cessé d'écouter après declined",
				IT: "La cassa ha smesso di ascoltare dopo declined",
				ES: "La caja dejó de escuchar tras declined",
			},
			Shop: doctor.Text{
				EN: "The cash register did not wait for the end of this payment; look at the terminal or the receipt for the result.",
				NL: "De kassa heeft het einde van deze betaling niet afgewacht; kijk op de terminal of de bon voor de uitslag.",
				FR: "La caisse n'a pas attendu la fin de ce paiement ; regardez le terminal ou le ticket pour connaître le résultat.",
				IT: "La cassa non ha atteso la fine di questo pagamento; guarda il terminale o lo scontrino per il risultato.",
				ES: "La caja no esperó al final de este pago; mire el terminal o el recibo para ver el resultado.",
			},
			Fix: doctor.Text{
				EN: "Keep the event stream open until the status is completed, cancelled or expired, and open it again with Last-Event-ID when it breaks.",
				NL: "Houd de eventstream open tot de status completed, cancelled of expired is, en open hem opnieuw met Last-Event-ID als hij breekt.",
				FR: "Gardez le flux d'événements ouvert jusqu'au statut completed, cancelled ou expired, et rouvrez-le avec Last-Event-ID s'il se coupe.",
				IT: "Tieni aperto il flusso di eventi fino allo stato completed, cancelled o expired e riaprilo con Last-Event-ID se si interrompe.",
				ES: "Mantenga abierto el flujo de eventos hasta el estado completed, cancelled o expired, y ábralo de nuevo con Last-Event-ID si se corta.",
			},
		},
		Developer: "The last event that was sent on the stream of {ref} is {last}; the order went on after that.",
		Runbook:   "A client with a read time-out leaves and comes back: then the last status that it was sent is not declined.",
		Look:      lookStreamClosed,
	}
}

func lookStreamClosed(c *doctor.Chart) doctor.Sign {
	for _, e := range slices.Backward(c.Of(doctor.EventStreamLeft)) {
		left, ok := doctor.Read[doctor.StreamLeft](e)
		if !ok || left.Order != c.Order.ID() {
			continue
		}
		declined := left.Last == string(kassa.Refused)
		if !declined && !c.Shows("event") && !c.Shows("update") {
			return doctor.No("the client left the stream after " + left.Last + ", as one that comes back does")
		}
		then := "the order is still open: status " + string(c.Order.Status)
		if c.Order.Status.Final() {
			then = "the order ended at " + past.Instant(c.Order.EndedAt) + ": " + string(c.Order.Status)
		}
		args := map[string]string{"ref": c.Order.Ref, "last": left.Last}
		evidence := []doctor.Evidence{doctor.Entry(e, "stream", "the client closed its "+left.Transport+" stream at "+past.Instant(e.At)+"; the last status that it was sent is "+left.Last),
			ofOrder(c, c.Order, then, "OrderCompleted", "OrderCancelled", "OrderExpired", "AttemptOpened", "AttemptClosed")}
		if declined && (c.Shows("event") || c.Shows("update")) {
			return doctor.Found(args, evidence...)
		}
		return doctor.Likely(args, evidence...) // it may have come back
	}
	return doctor.No("no client left an event stream of the order before its end")
}
