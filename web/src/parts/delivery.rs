//! Where one's own post has got to: counted from what others confirmed, never guessed.

use std::collections::BTreeSet;

use effigy_core::{Cid, Identity};
use effigy_proto::{HolderKind, Receipt};
use leptos::prelude::*;

use super::{Glyph, Icon};
use crate::app::Model;

/// Who holds a post besides this device.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Delivery {
    /// People of whom at least one device has it.
    friends: usize,
    /// Whether a hub keeps it.
    hub: bool,
    /// Whether another device of the same person has it.
    own_devices: bool,
    /// Whether no hub is known to have all of its pictures.
    without_pictures: bool,
}

impl Delivery {
    /// Counts who holds the entry at this place of the feed (from 0).
    pub(crate) fn of(position: u32, receipts: &[Receipt], without_pictures: bool) -> Self {
        let mut friends: BTreeSet<Identity> = BTreeSet::new();
        let mut delivery = Self::default();
        for receipt in receipts.iter().filter(|receipt| receipt.count > u64::from(position)) {
            match receipt.kind {
                HolderKind::Friend => {
                    friends.insert(receipt.synod.unwrap_or(receipt.holder));
                }
                HolderKind::Hub => delivery.hub = true,
                HolderKind::OwnDevice => delivery.own_devices = true,
            }
        }
        Self { friends: friends.len(), without_pictures, ..delivery }
    }

    /// The words beside the post.
    pub(crate) fn words(self) -> String {
        let held = match (self.friends, self.hub) {
            (0, true) => "Kept by a hub".to_owned(),
            (0, false) if self.own_devices => "On your other devices".to_owned(),
            (0, false) => "On this device".to_owned(),
            (1, false) => "With 1 friend".to_owned(),
            (1, true) => "With 1 friend and a hub".to_owned(),
            (many, false) => format!("With {many} friends"),
            (many, true) => format!("With {many} friends and a hub"),
        };
        if self.hub && self.without_pictures {
            format!("{held}, pictures on their way")
        } else {
            held
        }
    }

    const fn icon(self) -> Icon {
        match self {
            Self { friends: 1.., .. } => Icon::Friends,
            Self { hub: true, .. } => Icon::Hub,
            Self { own_devices: true, .. } => Icon::Devices,
            _ => Icon::Clock,
        }
    }
}

/// Where a post of this device has got to; nothing for posts of others.
#[component]
pub(crate) fn DeliveryMark(id: Cid) -> impl IntoView {
    let model = expect_context::<Model>();
    let delivery = Memo::new(move |_| {
        let position = model.position(&id)?;
        let pictures: Vec<Cid> = model.with_view(|view| {
            let images = view.post_by_id(&id).map(|post| post.said.images()).unwrap_or_default();
            images.iter().map(|image| image.content.cid).collect()
        })?;
        Some(model.network().with(|network| {
            let without = pictures.iter().any(|cid| network.uploads.contains(cid));
            Delivery::of(position, &network.receipts, without)
        }))
    });
    move || {
        delivery.get().map(|delivery| {
            view! {
                <span class="delivery">
                    <Glyph icon=delivery.icon()/>
                    <span>{delivery.words()}</span>
                </span>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn receipt(number: u8, kind: HolderKind, count: u64) -> Receipt {
        let key = |number| Identity::from_bytes([number; 32]);
        Receipt { count, holder: key(number), kind, synod: Some(key(number / 10)) }
    }

    #[test]
    fn only_what_was_confirmed_counts() {
        // Devices 11 and 12 belong to one person, 21 to another who is one entry behind.
        let receipts = [
            receipt(11, HolderKind::Friend, 5),
            receipt(12, HolderKind::Friend, 5),
            receipt(21, HolderKind::Friend, 4),
            receipt(31, HolderKind::Hub, 4),
        ];
        for (position, words) in
            [(3, "With 2 friends and a hub"), (4, "With 1 friend"), (5, "On this device")]
        {
            assert_eq!(Delivery::of(position, &receipts, false).words(), words);
        }
        assert_eq!(Delivery::of(0, &receipts[3..], false).words(), "Kept by a hub");
        assert_eq!(
            Delivery::of(0, &[receipt(1, HolderKind::OwnDevice, 1)], true).words(),
            "On your other devices"
        );
        let whole = Delivery::of(0, &receipts[3..], true).words();
        assert_eq!(whole, "Kept by a hub, pictures on their way");
    }
}
