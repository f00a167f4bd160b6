package kassa

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"kassa/doctor"
	"kassa/doctor/past"
)

// settingPending is KAS-13: the terminal still has an older value than its settings say: it has not fetched them.
func settingPending() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-13", Code: "setting_pending", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Terminal}, Needs: []doctor.Need{doctor.NeedSettings}, Rank: doctor.RankTerminal + 7, Who: doctor.Nobody, Action: doctor.Action{Label: "See its settings", Href: "/terminals/{terminal}/settings"},
		Symptoms: []string{"setting not applied", "setting pending"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal has not taken over a setting yet",
				NL: "De terminal heeft een instelling nog niet overgenomen",
				FR: "Le terminal n'a pas encore repris un réglage",
				IT: "Il terminale non ha ancora ripreso un'impostazione",
				ES: "El terminal aún no ha tomado un ajuste",
			},
			Shop: doctor.Text{
				EN: "{name} takes over a new setting ({setting}) as soon as it is connected and idle; finish the payment on its screen.",
				NL: "{name} neemt een nieuwe instelling ({setting}) over zodra hij verbonden is en niets doet; rond de betaling op het scherm af.",
				FR: "{name} reprendra un nouveau réglage ({setting}) dès qu'il sera connecté et au repos ; terminez le paiement affiché.",
				IT: "{name} riprenderà una nuova impostazione ({setting}) appena sarà collegato e a riposo; termina il pagamento sullo schermo.",
				ES: "{name} tomará un ajuste nuevo ({setting}) en cuanto esté conectado y en reposo; termine el pago de la pantalla.",
			},
			Fix: doctor.Text{
				EN: "Wait until it is online; a restart fetches all settings anew. It has {has}, and should have {wants}.",
				NL: "Wacht tot hij online is; een herstart haalt alle instellingen opnieuw op. Hij heeft {has} en zou {wants} moeten hebben.",
				FR: "Attendez qu'il soit en ligne ; un redémarrage recharge tous les réglages. Il a {has} et devrait avoir {wants}.",
				IT: "Attendi che sia in linea; un riavvio ricarica tutte le impostazioni. Ha {has} e dovrebbe avere {wants}.",
				ES: "Espere a que esté en línea; un reinicio vuelve a cargar todos los ajustes. Tiene {has} y debería tener {wants}.",
			},
		},
		Runbook: "Compare the reported value with the one in effect. Pending for minutes on a terminal that is online: restart it, then look at what it refuses.",
		Look: func(c *doctor.Chart) doctor.Sign {
			names := slices.Sorted(maps.Keys(c.Settings))
			for _, name := range names {
				s := c.Settings[name]
				if len(s.Reported) == 0 || len(s.Value) == 0 || s.Refused != "" || bytes.Equal(s.Reported, s.Value) {
					continue
				}
				changed, ok := c.Last("SettingsChanged")
				if ok && c.Now.Sub(changed.At) < settleTime && (c.Reach == nil || c.Reach.State == "online") {
					return doctor.No("a setting was changed just now")
				}
				args := past.Args(c)
				args["setting"], args["has"], args["wants"] = name, string(s.Reported), string(s.Value)
				return doctor.Found(args, c.Recorded("settings", name, name+" is "+args["wants"]+", the terminal reports "+args["has"], "SettingsChanged"))
			}
			return doctor.No("it has all its settings")
		},
	}
}

// settleTime is how long a terminal that is online may take over a change of its settings.
const settleTime = 30 * time.Second
