//! The navigation: only pages that exist. A new page adds one line to [`NAV`].
use crate::{
    pages::inbox::InboxBadge,
    parts::{DialogButton, Icon},
    paths,
    viewer::Viewer,
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// One page of the navigation.
struct Item {
    href: &'static str,
    label: &'static str,
    icon: &'static str,
    /// Pressed after `g`, it leads here.
    key: Option<&'static str>,
}

/// Groups with their heading; the first has none.
const NAV: &[(&str, &[Item])] = &[
    (
        "",
        &[
            Item { href: paths::INBOX, label: "Inbox", icon: "inbox", key: Some("i") },
            Item { href: paths::OVERVIEW, label: "Overview", icon: "gauge", key: Some("o") },
        ],
    ),
    (
        "Inventory",
        &[
            Item { href: paths::IDENTITIES, label: "Identities", icon: "fingerprint", key: Some("d") },
            Item { href: paths::VISIBILITY, label: "Visibility", icon: "eye", key: Some("v") },
            Item { href: paths::PRIVILEGE, label: "Privilege", icon: "shield-alert", key: Some("p") },
            Item { href: paths::SECRETS, label: "Secrets", icon: "lock", key: Some("k") },
            Item { href: paths::RESOURCES, label: "Resources", icon: "box", key: Some("r") },
            Item { href: paths::HANDOFFS, label: "Hand-offs", icon: "workflow", key: Some("h") },
            Item { href: paths::GRANTS, label: "Grants", icon: "key-round", key: Some("g") },
        ],
    ),
    ("Govern", &[Item { href: paths::CONTAINMENT, label: "Containment", icon: "octagon-pause", key: Some("c") }]),
    (
        "Prove",
        &[
            Item { href: paths::ACTIVITY, label: "Activity", icon: "activity", key: Some("a") },
            Item { href: paths::EVIDENCE, label: "Evidence", icon: "file-check-2", key: Some("e") },
        ],
    ),
    (
        "Set up",
        &[
            Item { href: paths::WELCOME, label: "Welcome", icon: "sparkles", key: Some("w") },
            Item { href: paths::SETTINGS, label: "Settings", icon: "settings", key: Some("s") },
        ],
    ),
];

/// The column (on a phone: the layer behind the menu button) every signed-in page has.
#[component]
pub fn Nav(viewer: Viewer) -> impl IntoView {
    let here = use_location().pathname.get_untracked();
    let groups = NAV.iter().map(|(title, items)| {
        let items = items.iter().map(|item| link(item, &here)).collect_view();
        let heading = (!title.is_empty()).then(|| view! { <h2>{*title}</h2> });
        view! { {heading}<ul>{items}</ul> }
    });
    view! {
        <header class="top">
            <button type="button" class="button button-quiet" popovertarget="nav" aria-label="Menu"><Icon name="menu"/></button>
            <Brand/>
        </header>
        <nav id="nav" class="nav" popover="auto" aria-label="Main">
            <Brand/>
            {groups.collect_view()}
            <div class="nav-foot">
                <p class="nav-who"><strong>{viewer.name}</strong><span>{viewer.email}</span></p>
                <form method="post" action=paths::SIGN_OUT>
                    <button type="submit" class="button button-quiet"><Icon name="log-out"/>"Sign out"</button>
                </form>
                <DialogButton target="keys" quiet=true><kbd>"?"</kbd>"Keys"</DialogButton>
            </div>
        </nav>
    }
}

#[component]
pub fn Brand() -> impl IntoView {
    view! {
        <a class="brand" href=paths::HOME>
            <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
                <rect class="brand-box" width="24" height="24" rx="6"/>
                <path class="brand-sign" d="M4.5 12.5l3.5 3.5 7-8M12 15.8l.4.2 7-8"/>
            </svg>
            "Countersign"
        </a>
    }
}

fn link(item: &'static Item, here: &str) -> impl IntoView + use<> {
    let current = here == item.href || here.strip_prefix(item.href).is_some_and(|rest| rest.starts_with('/'));
    view! {
        <li>
            <a href=item.href aria-current=current.then_some("page") data-go=item.key aria-keyshortcuts=item.key.map(|k| format!("g {k}"))>
                <Icon name=item.icon/>
                <span>{item.label}</span>
                {item.key.map(|k| view! { <kbd aria-hidden="true">"g " {k}</kbd> })}
                {(item.href == paths::INBOX).then(|| view! { <InboxBadge/> })}
            </a>
        </li>
    }
}
