//! Every key of a policy file: one list, from which files are read and written, and which is their documentation.

use lockstep_core::{Condition, Knobs, Limits, Policy};

use super::form::{Form, Item, Wrong};

/// A key of something.
pub trait Key<T>: Sync {
    /// Its name; with a dot where it stands in a table of its own.
    fn name(&self) -> &'static str;

    /// What it is for.
    fn says(&self) -> &'static str;

    /// Reads its value.
    fn read(&self, item: &Item<'_>, into: &mut T) -> Result<(), Wrong>;

    /// Its value as a file has it.
    fn write(&self, from: &T) -> toml::Value;

    /// The JSON schema of its value.
    fn schema(&self) -> serde_json::Value;
}

/// A key whose value is a part of `T`.
struct Entry<T: 'static, V: 'static> {
    name: &'static str,
    says: &'static str,
    part: fn(&mut T) -> &mut V,
}

impl<T: Clone, V: Form> Key<T> for Entry<T, V> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn says(&self) -> &'static str {
        self.says
    }

    fn read(&self, item: &Item<'_>, into: &mut T) -> Result<(), Wrong> {
        *(self.part)(into) = V::read(item)?;
        Ok(())
    }

    fn write(&self, from: &T) -> toml::Value {
        (self.part)(&mut from.clone()).write()
    }

    fn schema(&self) -> serde_json::Value {
        V::schema()
    }
}

macro_rules! keys {
    ($(#[$doc:meta])* $list:ident: $of:ty { $($name:literal => $($part:ident).+, $says:expr;)+ }) => {
        $(#[$doc])*
        pub const $list: &[&dyn Key<$of>] = &[
            $(&Entry { name: $name, says: $says, part: |it: &mut $of| &mut it.$($part).+ }),+
        ];
    };
}

keys! {
    /// What holds for the policy as a whole, beside its name, its preset, its knobs and its rules.
    WHOLE: Policy {
        "sight" => sight,
            "How both sides are looked at: through the workspace's tables (one query, minutes behind) or directly through \
             the lists of both services (more requests, up to date).";
        "unconfirmed_after" => unconfirmed_after,
            "How long after a write another look must have shown it; where none has, that is reported.";
        "brake" => brake,
            "How many incidents may be lowered in a while; what is beyond waits for `lockstep approve`. Or \"off\".";
        "ceilings.changes" => ceilings.changes, "How many changes one pass may make; the rest waits for the next.";
        "ceilings.lowerings" => ceilings.lowerings, "How many of them may lower.";
    }
}

keys! {
    /// The limits of the brake.
    LIMITS: Limits {
        "workspace_hour" => workspace_hour, "How many incidents of the workspace may be lowered in any hour.";
        "workspace_day" => workspace_day, "How many in any day.";
        "subscription_hour" => subscription_hour, "How many in any hour whose alerts are of one subscription.";
        "subscription_day" => subscription_day, "How many of those in any day.";
        "person_hour" => person_hour, "How many in any hour that follow the acts of one person.";
        "share" => share, "What share of the open incidents in any day, once at least `floor` are open.";
    }
}

keys! {
    /// The knobs: for everything at the top of a file, and in rules for some incidents.
    KNOBS: Knobs {
        "first_sight" => first_sight,
            "What is done about an incident that is older than the ledger: it is adopted as it stands, or catches up with \
             its alerts.";
        "conflict" => conflict,
            "Who is followed when alert and incident have both moved, and apart: defender, sentinel, whoever was last \
             (newest; nobody where that is not certain), or nobody (hold).";
        "unattended" => unattended,
            "What may be lowered without an approval: everything (true), what is below High severity, nothing (false).";
        "human_lock" => human_lock,
            "What a newer act of a person on the incident keeps from happening until the alert moves again. Lowering is \
             kept from happening under every policy.";
        "person" => person,
            "Whose changes of an incident count as acts of a person: everybody's that do not name themselves a rule or a \
             sync, or only those of whoever is named by a user principal name.";
        "hold_tag" => hold_tag, "The tag that keeps everything from happening to an incident that has it.";
        "announce_holds" => announce_holds, "Whether a hold is written to its incident, as one comment and a tag.";
        "reopen" => reopen, "Whose closings are undone when an alert is reactivated.";
        "reopened" => reopened, "What a reopened incident becomes.";
        "reclassify" => reclassify,
            "Whether a classification of ours is corrected when a person's act on the alert contradicts it.";
        "idle_active" => idle_active,
            "How long an incident that we made Active may have no owner before it goes back to New.";
        "freezes" => freezes,
            "When nothing is lowered, or nothing is written: { name, from, until, what }, from one time until another, or \
             from one weekday until another in UTC.";
        "comment" => comment,
            "The text that an incident is closed with; {alerts}, {acts}, {policy} and {rule} are filled in, and a mark that \
             names the run is added.";
        "name_people" => name_people, "How the people who moved an alert are named in texts.";
        "directions.inward" => directions.inward, "Whether Sentinel's incidents follow Defender for Cloud's alerts.";
        "directions.outward" => directions.outward,
            "Whether Defender for Cloud's alerts follow Sentinel's incidents, where the products' own sync does not do it.";
        "inward.in_progress" => inward.in_progress, "What an incident becomes when all its alerts are in progress.";
        "inward.dismissed" => inward.dismissed, "When all are dismissed.";
        "inward.resolved" => inward.resolved, "When all are resolved.";
        "inward.apart" => inward.apart, "When all are finished, some dismissed and some resolved.";
        "inward.unfinished" => inward.unfinished, "When some have moved, and not all are finished or in progress.";
        "outward.active" => outward.active, "Whether alerts become in progress when their incident becomes Active.";
        "outward.reopened" => outward.reopened, "Whether they become active again when it is reopened.";
        "outward.true_positive" => outward.true_positive, "What they become when it is closed as TruePositive.";
        "outward.benign_positive" => outward.benign_positive, "When it is closed as BenignPositive.";
        "outward.false_positive" => outward.false_positive,
            "When it is closed as FalsePositive. Closed as Undetermined, it moves no alert.";
        "overridden.bookmarks" => overridden.bookmarks, "Whether an incident with bookmarks may be lowered all the same.";
        "overridden.open_tasks" => overridden.open_tasks, "One with tasks that are not completed.";
        "overridden.foreign_alerts" => overridden.foreign_alerts, "One with alerts of other products.";
        "holds.own_suspect" => holds.own_suspect,
            "Whether an alert that was dismissed by somebody among its own entities waits for a person.";
        "holds.young_suppression" => holds.young_suppression, "One dismissed by a suppression rule younger than this.";
        "holds.hasty" => holds.hasty, "One dismissed sooner than this after it was raised.";
    }
}

keys! {
    /// What a rule may ask. All that is asked must be so; of a list, one is enough.
    CONDITIONS: Condition {
        "severity" => severity, "The incident's severity.";
        "tag" => tag, "One of its tags; each * stands for any characters.";
        "owner" => owner, "Its owner: \"nobody\", \"anybody\", or an object id, name or address, with * for any characters.";
        "older_than" => older_than, "It is at least this old.";
        "younger_than" => younger_than, "It is not yet this old.";
        "every_alert.type" => every_alert.kind, "The type of each of its alerts, such as \"Storage.Blob_*\".";
        "every_alert.product" => every_alert.product, "The product that raised each of them.";
        "every_alert.subscription" => every_alert.subscription, "The subscription of each of them, by its id.";
        "every_alert.resource_group" => every_alert.resource_group, "The resource group of each of them.";
        "any_alert.type" => any_alert.kind, "The type of at least one of its alerts.";
        "any_alert.product" => any_alert.product, "The product that raised at least one of them.";
        "any_alert.subscription" => any_alert.subscription, "The subscription of at least one of them.";
        "any_alert.resource_group" => any_alert.resource_group,
            "The resource group of at least one of them. All that is asked of any_alert must be so of the same alert.";
    }
}
