// An app on the terminal that lets the payment app take a payment.
//
// AndroidManifest.xml:
//   <queries>
//     <package android:name="com.multisafepay.pos.sunmi" />
//     <package android:name="com.multisafepay.pos.nokernels" />
//     <package android:name="com.phonepos.mspsoftposapp" />
//   </queries>
//   <activity android:name=".PayActivity" android:launchMode="singleTask" android:exported="true" />

package com.example.register

import android.content.ActivityNotFoundException
import android.content.Intent
import androidx.appcompat.app.AppCompatActivity

class PayActivity : AppCompatActivity() {

    fun pay(orderId: String, cents: Long, description: String) {
        val intent = Intent().apply {
            setClassName("com.multisafepay.pos.sunmi", "com.multisafepay.pos.middleware.IntentActivity")
            putExtra("amount", cents) // a Long: an Int or a String is read as nothing
            putExtra("currency", "EUR")
            putExtra("order_id", orderId)
            putExtra("order_description", description)
            putExtra("package_name", packageName) // where the answer comes to
        }
        try {
            startActivity(intent)
        } catch (e: ActivityNotFoundException) {
            show("The payment app is not on this terminal, or is missing in <queries>")
        }
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        when (intent.getIntExtra("status", 0)) {
            471 -> askTheServer("COMPLETED")
            17 -> askTheServer("CANCELLED")
            88 -> askTheServer("DECLINED")
            875 -> askTheServer("EXCEPTION: " + intent.getStringExtra("message"))
        }
    }

    // askTheServer lets your server GET /v1/json/orders/{order_id}: the answer here is a hint, no proof.
    private fun askTheServer(hint: String) = server.check(hint)

    private fun show(text: String) = screen.say(text)
}
