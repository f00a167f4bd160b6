package kassa

import (
	"slices"

	"kassa/doctor"
)

// componentDown is KAS-14: a part of the service is down for everybody.
func componentDown() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-14", Code: "component_down", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Installation, doctor.Terminal}, Needs: []doctor.Need{doctor.NeedComponents}, Rank: doctor.RankAcquirer + 2, Who: doctor.Operator, Action: doctor.Action{Label: "Service status", Href: "/status"},
		Symptoms: []string{"outage", "service down", "503", "service unavailable"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "A part of the service is down",
				NL: "Een deel van de dienst ligt plat",
				FR: "Une partie du service est en panne",
				IT: "Una parte del servizio è fuori uso",
				ES: "Una parte del servicio está caída",
			},
			Shop: doctor.Text{
				EN: "The payment service has an outage ({component}), your terminal is fine; look at the status page and try again later.",
				NL: "De betaaldienst heeft een storing ({component}), uw terminal is in orde; kijk op de statuspagina en probeer het later opnieuw.",
				FR: "Le service de paiement connaît une panne ({component}), votre terminal est en ordre ; consultez la page d'état et réessayez plus tard.",
				IT: "Il servizio di pagamento ha un guasto ({component}), il terminale è a posto; guarda la pagina di stato e riprova più tardi.",
				ES: "El servicio de pago tiene una avería ({component}), su terminal está bien; mire la página de estado e inténtelo más tarde.",
			},
			Fix: doctor.Text{
				EN: "There is nothing to do at the shop. The operator sees since when and why on the status page.",
				NL: "In de winkel is niets te doen. De beheerder ziet op de statuspagina sinds wanneer en waarom.",
				FR: "Il n'y a rien à faire au magasin. L'exploitant voit depuis quand et pourquoi sur la page d'état.",
				IT: "In negozio non c'è nulla da fare. Il gestore vede nella pagina di stato da quando e perché.",
				ES: "En la tienda no hay nada que hacer. El operador ve en la página de estado desde cuándo y por qué.",
			},
		},
		Developer: "Component {component} is {state}. Answers 5xx may be sent again later; outcomes that are open are settled by themselves.",
		Runbook:   "The ComponentChanged entries tell when it began. It is measured from real traffic: one shop alone does not make a component bad.",
		Look: func(c *doctor.Chart) doctor.Sign {
			for _, part := range c.Components {
				if part.State != "down" || part.Name == "acquirer" && c.Subject.Kind != doctor.Installation {
					continue
				}
				args := map[string]string{"component": part.Name, "state": part.State}
				e := doctor.Evidence{At: part.Since, Source: "status", Ref: part.Name, Says: part.Name + " is down: " + part.Says}
				for _, entry := range slices.Backward(c.Of(doctor.ComponentChanged)) {
					if change, ok := doctor.Read[doctor.ComponentChange](entry); ok && change.Name == part.Name {
						e = doctor.Entry(entry, "status", e.Says)
						break
					}
				}
				return doctor.Found(args, e)
			}
			return doctor.No("no component of the service is down")
		},
	}
}
