package multisafepay

import (
	"fmt"
	"slices"

	"kassa/doctor"
)

// replyNotOK is HOOK-01: the receiver answers, but not with OK.
func replyNotOK() doctor.Rule {
	return doctor.Rule{
		ID: "HOOK-01", Code: "webhook_reply_not_ok", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Webhook, doctor.Order},
		Needs: []doctor.Need{doctor.NeedHooks}, Rank: doctor.RankHook + 3, Who: doctor.Developer,
		Action:   doctor.Action{Label: "Send it again", Href: "/webhooks"},
		Symptoms: []string{"notification failing", "204", "body lacks OK"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The webhook is not acknowledged: the reply lacks OK",
				NL: "De webhook wordt niet bevestigd: OK ontbreekt in het antwoord",
				FR: "Le webhook n'est pas confirmé : il manque OK dans la réponse",
				IT: "Il webhook non è confermato: nella risposta manca OK",
				ES: "El webhook no se confirma: falta OK en la respuesta",
			},
			Shop: doctor.Text{
				EN: "The payment itself is fine, but the register was not told of it; look at the terminal for the result and tell who maintains the register.",
				NL: "De betaling zelf is goed, maar de kassa heeft er geen bericht van; kijk op de terminal voor de uitslag en meld het aan wie de kassa onderhoudt.",
				FR: "Le paiement lui-même est en ordre, mais la caisse n'en a pas été informée ; voyez le résultat sur le terminal et prévenez le responsable de la caisse.",
				IT: "Il pagamento in sé è a posto, ma la cassa non ne è stata informata; guarda il risultato sul terminale e avvisa chi segue la cassa.",
				ES: "El pago en sí está bien, pero la caja no recibió el aviso; mire el resultado en el terminal y avise a quien mantiene la caja.",
			},
			Fix: doctor.Text{
				EN: "Answer every webhook with HTTP 200 and OK within the first 100 bytes of the body. It answered {status}.",
				NL: "Beantwoord elke webhook met HTTP 200 en OK in de eerste 100 bytes van de tekst. Het antwoord was {status}.",
				FR: "Répondez à chaque webhook par HTTP 200 et OK dans les 100 premiers octets du corps. La réponse était {status}.",
				IT: "Rispondi a ogni webhook con HTTP 200 e OK nei primi 100 byte del corpo. La risposta era {status}.",
				ES: "Responda a cada webhook con HTTP 200 y OK en los primeros 100 bytes del cuerpo. La respuesta fue {status}.",
			},
		},
		Developer: "HTTP {status} from {url}. 204 has no body, and so no OK; a framework that answers by itself does that.",
		Runbook:   "The reply of the try shows what came back. Send the delivery again once it is mended.",
		Look: func(c *doctor.Chart) doctor.Sign {
			return lastTryIs(c, "the last reply was no 2xx without OK", func(_ doctor.Hook, t doctor.Try) bool { return t.Status >= 200 && t.Status < 300 && t.Failure != "" })
		},
	}
}

// lastTryIs finds an address whose newest try, of the order when one is asked about, ended in a certain way.
func lastTryIs(c *doctor.Chart, otherwise string, is func(doctor.Hook, doctor.Try) bool) doctor.Sign {
	for _, h := range c.Hooks {
		t, ok := lastTry(c, h)
		if !ok || !is(h, t) {
			continue
		}
		args := map[string]string{"url": h.URL, "status": fmt.Sprint(t.Status), "failure": t.Failure}
		return doctor.Found(args, tried(h, t))
	}
	return doctor.No(otherwise)
}

// lastTry is the newest try of an address; of the order when one is asked about.
func lastTry(c *doctor.Chart, h doctor.Hook) (doctor.Try, bool) {
	for _, t := range slices.Backward(h.Tries) {
		if c.Subject.Kind == doctor.Order && c.Order != nil && t.Order != c.Order.ID() && t.Order != streamOf(c.Order) {
			continue
		}
		return t, true
	}
	return doctor.Try{}, false
}

// tried makes evidence of a try.
func tried(h doctor.Hook, t doctor.Try) doctor.Evidence {
	says := h.URL + ": "
	switch {
	case t.Status == 0:
		says += "no reply"
	case t.Reply == "":
		says += fmt.Sprintf("HTTP %d without a body", t.Status)
	default:
		says += fmt.Sprintf("HTTP %d %q", t.Status, t.Reply)
	}
	if t.Failure != "" {
		says += ", " + t.Failure
	}
	return doctor.Evidence{At: t.At, Source: "webhook", Seq: t.Seq, Ref: t.Delivery, Says: says}
}
