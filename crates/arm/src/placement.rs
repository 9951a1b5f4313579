//! Where a deployment goes: the tenant, a management group, a subscription or a resource group.

use std::fmt;

/// The scope of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placement {
    /// The tenant.
    Tenant,
    /// A management group.
    ManagementGroup(String),
    /// A subscription.
    Subscription(String),
    /// A resource group.
    ResourceGroup {
        /// The subscription that it is in.
        subscription: String,
        /// Its name.
        name: String,
    },
}

impl Placement {
    /// The scope that an id names; `None` where it is the id of a resource, or none at all.
    pub fn parse(id: &str) -> Option<Self> {
        let id = id.strip_prefix('/')?.trim_end_matches('/');
        let segments: Vec<&str> = id.split('/').collect();
        let is = |segment: &str, word: &str| segment.eq_ignore_ascii_case(word);
        match segments.as_slice() {
            [""] => Some(Self::Tenant),
            [subscriptions, subscription] if is(subscriptions, "subscriptions") => {
                Some(Self::Subscription((*subscription).to_owned()))
            }
            [subscriptions, subscription, groups, name]
                if is(subscriptions, "subscriptions") && is(groups, "resourceGroups") =>
            {
                Some(Self::ResourceGroup { subscription: (*subscription).to_owned(), name: (*name).to_owned() })
            }
            [providers, management, groups, name]
                if is(providers, "providers")
                    && is(management, "Microsoft.Management")
                    && is(groups, "managementGroups") =>
            {
                Some(Self::ManagementGroup((*name).to_owned()))
            }
            _ => None,
        }
    }

    /// The subscription, where there is one.
    pub fn subscription(&self) -> Option<&str> {
        match self {
            Self::Tenant | Self::ManagementGroup(_) => None,
            Self::Subscription(subscription) | Self::ResourceGroup { subscription, .. } => Some(subscription),
        }
    }

    /// The resource group, where it is one.
    pub fn resource_group(&self) -> Option<&str> {
        match self {
            Self::ResourceGroup { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The id of a resource in this scope, of a type with one name for each of its segments.
    pub fn resource_id(&self, kind: &str, names: &[&str]) -> String {
        let resource_group = kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups");
        if let (true, Some(subscription), [name]) = (resource_group, self.subscription(), names) {
            return format!("/subscriptions/{subscription}/resourceGroups/{name}");
        }
        format!("{self}{}", below(kind, names))
    }
}

/// The part of a resource's id that its type and its names make: `/providers/Microsoft.Web/sites/a/slots/b`.
pub(crate) fn below(kind: &str, names: &[&str]) -> String {
    let (namespace, types) = kind.split_once('/').unwrap_or((kind, ""));
    let mut id = format!("/providers/{namespace}");
    for (kind, name) in types.split('/').zip(names) {
        id.push('/');
        id.push_str(kind);
        id.push('/');
        id.push_str(name);
    }
    id
}

impl fmt::Display for Placement {
    /// The id of the scope; nothing for the tenant.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant => Ok(()),
            Self::ManagementGroup(name) => write!(f, "/providers/Microsoft.Management/managementGroups/{name}"),
            Self::Subscription(subscription) => write!(f, "/subscriptions/{subscription}"),
            Self::ResourceGroup { subscription, name } => {
                write!(f, "/subscriptions/{subscription}/resourceGroups/{name}")
            }
        }
    }
}
