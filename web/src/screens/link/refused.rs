//! A link for linking that was opened by itself.

use leptos::prelude::*;

use crate::parts::{Empty, Icon, Screen};

/// Nothing is linked by opening something: somebody may have sent it.
#[component]
pub(crate) fn LinkRefused() -> impl IntoView {
    view! {
        <Screen title="Link a device" back="#/">
            <Empty icon=Icon::Alert text="This link is for linking a device, and opening it does nothing. If somebody sent it to you, they may want to get into your account: do not use it.".to_owned()>
                <p>"If you want to link a device of your own, begin here and paste the link there."</p>
                <a class="button primary" href="#/you/link">"Link a device"</a>
            </Empty>
        </Screen>
    }
}
