package kassa

import (
	"maps"
	"slices"

	"kassa/doctor"
	"kassa/doctor/past"
)

// settingRefused is KAS-12: the terminal did not take a setting that it was sent.
func settingRefused() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-12", Code: "setting_refused", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Terminal}, Needs: []doctor.Need{doctor.NeedSettings}, Rank: doctor.RankNotice - 3, Who: doctor.Merchant, Action: doctor.Action{Label: "See its settings", Href: "/terminals/{terminal}/settings"},
		Symptoms: []string{"setting not applied", "setting refused"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal did not accept a setting",
				NL: "De terminal nam een instelling niet over",
				FR: "Le terminal n'a pas accepté un réglage",
				IT: "Il terminale non ha accettato un'impostazione",
				ES: "El terminal no aceptó un ajuste",
			},
			Shop: doctor.Text{
				EN: "{name} works with an older setting than your administrator chose ({setting}); payments go on meanwhile.",
				NL: "{name} werkt met een oudere instelling dan uw beheerder koos ({setting}); betalen kan intussen gewoon.",
				FR: "{name} fonctionne avec un réglage plus ancien que celui choisi par votre administrateur ({setting}) ; les paiements continuent.",
				IT: "{name} lavora con un'impostazione più vecchia di quella scelta dall'amministratore ({setting}); i pagamenti intanto proseguono.",
				ES: "{name} funciona con un ajuste anterior al elegido por su administrador ({setting}); mientras tanto se puede cobrar.",
			},
			Fix: doctor.Text{
				EN: "Change {setting} to a value that this model takes, or give it back to the level above. It said: {why}",
				NL: "Zet {setting} op een waarde die dit model aanneemt, of laat het aan het niveau erboven over. De terminal zei: {why}",
				FR: "Donnez à {setting} une valeur que ce modèle accepte, ou laissez le niveau supérieur décider. Il a dit : {why}",
				IT: "Imposta {setting} su un valore accettato da questo modello, o lascialo al livello superiore. Ha risposto: {why}",
				ES: "Ponga en {setting} un valor que este modelo acepte, o déjelo al nivel superior. Dijo: {why}",
			},
		},
		Runbook: "SettingsReported holds the terminal's own words. A model without a printer refuses settings of one; an older software those that it does not know.",
		Look: func(c *doctor.Chart) doctor.Sign {
			names := slices.Sorted(maps.Keys(c.Settings))
			for _, name := range names {
				if s := c.Settings[name]; s.Refused != "" {
					args := past.Args(c)
					args["setting"], args["why"] = name, s.Refused
					return doctor.Found(args, c.Recorded("settings", name, name+" was refused: "+s.Refused, "SettingsReported"))
				}
			}
			return doctor.No("it took all its settings")
		},
	}
}
