package estate

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// maxSetting bounds one value: the logo of a receipt is the largest.
const (
	maxSetting     = 400_000 // bytes
	maxObject      = 32 << 10
	maxMinorAmount = 999_999_999_999 // minor units, n12 of DE4
)

// The makers of definitions; by the merchant and pushed to the terminal, until something else is said.

func flag(name string) Definition {
	return Definition{Name: name, Form: FormBool, By: RoleAdmin, Pushed: true}
}

func number(name string, least, most int64) Definition {
	return Definition{Name: name, Form: FormInt, Min: least, Max: most, By: RoleAdmin, Pushed: true}
}

func choice(name string, of ...string) Definition {
	return Definition{Name: name, Form: FormEnum, Enum: of, By: RoleAdmin, Pushed: true}
}

func text(name string, most int64) Definition {
	return Definition{Name: name, Form: FormText, Max: most, By: RoleAdmin, Pushed: true}
}

func form(name string, most int64, pattern, rule string) Definition {
	d := text(name, most)
	d.pattern, d.rule = regexp.MustCompile(pattern), rule
	return d
}

func object(name string, check func(json.RawMessage) string) Definition {
	return Definition{Name: name, Form: FormJSON, Max: maxObject, By: RoleAdmin, Pushed: true, check: check}
}

func (d Definition) from(value string) Definition {
	d.Default = json.RawMessage(value)
	return d
}

// here keeps a setting from the terminal: it concerns the cloud alone.
func (d Definition) here() Definition {
	d.Pushed = false
	return d
}

func (d Definition) secret(hidden ...string) Definition {
	d.Secret, d.Hidden = true, hidden
	return d
}

func (d Definition) hiding(hidden ...string) Definition {
	d.Hidden = hidden
	return d
}

func (d Definition) operator() Definition {
	d.By = RoleOperator
	return d
}

func (d Definition) only(levels ...Level) Definition {
	d.Levels = levels
	return d
}

const (
	currencyPattern = `^[A-Z]{3}$`
	currencyRule    = "three capital letters (ISO 4217)"
	languagePattern = `^[a-z]{2}([-_][A-Z]{2})?$`
	languageRule    = "a language like en or nl-BE (ISO 639-1, ISO 3166-1)"
)

// definitions lists all settings by name: those of Adyen's terminalSettings (Management API v3), and
// cloud and device, which are Kassa's own.
func definitions() []Definition {
	return byName(slices.Concat([]Definition{
		flag("cloud.webSocketEnabled").from("true").operator(),
		flag("cloud.apiEnabled").from("true"),
		object(disabledMethods, checkBrands).here(),
		flag("device.cloudMode").from("true"),
		text("cardholderReceipt.headerForAuthorizedReceipt", 200),
		choice("connectivity.simcardStatus", "ACTIVATED", "INVENTORY").here().only(LevelTerminal),
		object("connectivity.terminalIPAddressURL", checkEventURLs).here().hiding("password"),
		flag("dcc.enableDcc"),
		object("gratuities", checkGratuities),
		number("hardware.displayMaximumBackLight", 0, 100),
		number("hardware.restartHour", 0, 23).from("6"),
		number("hardware.resetTotalsHour", 0, 23).from("6"),
		flag("homeScreen.hideNavigationBar"),
		flag("homeScreen.showPaymentsMenu"),
		flag("homeScreen.showSettingsMenu"),
		object("kioskMode.allowedAppsInKioskMode", checkTexts),
		text("kioskMode.kioskAppOnStartup", 200),
		form("localization.language", 5, languagePattern, languageRule),
		form("localization.secondaryLanguage", 5, languagePattern, languageRule),
		form("localization.timezone", 60, `^[A-Za-z]+([/_+-][A-Za-z0-9]+)*$`, "a time zone like Europe/Amsterdam (IANA)"),
		flag("moto.enableMoto"),
		number("moto.maxAmount", 0, maxMinorAmount),
		object("nexo.displayUrls", checkURLs).hiding("password"),
		object("nexo.eventUrls", checkEventURLs).hiding("password"),
		object("nexo.nexoEventUrls", checkTexts),
		object("nexo.encryptionKey", checkEncryptionKey).here().secret("passphrase"),
		object("nexo.notification", checkNotification),
		number("offlineProcessing.chipFloorLimit", 0, maxMinorAmount),
		object("storeAndForward.maxAmount", checkForwardAmounts),
		number("storeAndForward.maxPayments", 0, 10_000),
		object("storeAndForward.supportedCardTypes", checkCardTypes),
		flag("opi.enablePayAtTable"),
		text("opi.payAtTableStoreNumber", 50),
		text("opi.payAtTableURL", maxURL),
		form("passcodes.adminMenuPin", 6, `^[0-9]{1,6}$`, "1 to 6 digits").secret(),
		form("passcodes.txMenuPin", 6, `^[0-9]{1,6}$`, "1 to 6 digits").secret(),
		form("passcodes.refundPin", 6, `^[0-9]{1,6}$`, "1 to 6 digits").secret(),
		form("passcodes.screenLockPin", 6, `^[0-9]{4,6}$`, "4 to 6 digits").secret(),
		flag("payAtTable.enablePayAtTable"),
		choice("payAtTable.authenticationMethod", "MAGSWIPE", "MKE"),
		choice("payAtTable.paymentInstrument", "Cash", "Card"),
		form("payment.contactlessCurrency", 3, currencyPattern, currencyRule),
		object("payment.hideMinorUnitsInCurrencies", checkCurrencies),
		text("receiptOptions.headerLine1", 100),
		text("receiptOptions.headerLine2", 100),
		text("receiptOptions.logo", 350_000).here(),
		flag("receiptOptions.promptBeforePrinting"),
		text("receiptOptions.qrCodeData", 500),
		flag("refunds.referenced.enableStandaloneRefunds"),
		flag("refunds.unreferenced.enableUnreferencedRefunds"),
		flag("signature.askSignatureOnScreen"),
		flag("signature.skipSignature"),
		text("signature.deviceName", 50),
		text("signature.deviceSlogan", 50),
		flag("standalone.enableStandalone"),
		form("standalone.currencyCode", 3, currencyPattern, currencyRule),
		flag("standalone.enableGratuities"),
		flag("surcharge.askConfirmation"),
		flag("surcharge.excludeGratuityFromSurcharge"),
		object("surcharge.configurations", checkSurcharges),
		text("tapToPay.merchantDisplayName", 100),
		flag("terminalInstructions.adyenAppRestart"),
		number("timeouts.fromActiveToSleep", 0, 86_400),
		object("wifiProfiles.profiles", checkWifi).secret("psk", "eapPwd", "eapClientPwd", "eapClientKey"),
		object("wifiProfiles.settings", checkWifiSettings),
	}, receiptFlags()))
}

// receiptFlags tell for which outcomes each party's receipt is printed.
func receiptFlags() (list []Definition) {
	for _, party := range []string{"merchant", "shopper"} {
		for _, outcome := range []string{
			"Approved", "Refused", "Cancelled", "CaptureApproved", "CaptureRefused", "RefundApproved", "RefundRefused", "Void",
		} {
			list = append(list, flag("receiptPrinting."+party+outcome))
		}
	}
	return list
}

func byName(list []Definition) []Definition {
	slices.SortFunc(list, func(a, b Definition) int { return strings.Compare(a.Name, b.Name) })
	return list
}
