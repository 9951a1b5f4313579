//! What a policy lets lockstep do, in rights: no more than some incident may need.

use lockstep_azure::Needs;
use lockstep_core::{AlertEffect, Classification, Effect, Knobs, Policy, Raise, Sight};

/// What an identity must be able to do so that `policy` can be carried out for every incident.
pub fn needs(policy: &Policy) -> Needs {
    let mut needs = Needs { direct: policy.sight == Sight::Direct, ..Needs::default() };
    for knobs in std::iter::once(&policy.knobs).chain(policy.rules.iter().map(|rule| &rule.knobs)) {
        add(&mut needs, knobs);
    }
    needs
}

fn add(needs: &mut Needs, knobs: &Knobs) {
    let (inward, outward) = (&knobs.inward, &knobs.outward);
    let writes = knobs.directions.inward || knobs.directions.outward;
    needs.comments |= writes && (knobs.announce_holds || knobs.idle_active.is_some());
    // A hold is a tag, too.
    needs.incidents |= writes && knobs.announce_holds;
    if knobs.directions.inward {
        let raises = [inward.in_progress, inward.unfinished].contains(&Raise::Activate);
        needs.incidents |= raises || [inward.dismissed, inward.resolved].iter().any(|effect| *effect != Effect::Leave);
    }
    if knobs.directions.outward {
        let closings =
            [Classification::TruePositive, Classification::BenignPositive, Classification::FalsePositiveLogic];
        let closes = closings.into_iter().any(|closing| outward.closed(closing) != AlertEffect::Leave);
        needs.alerts |= closes || outward.reopened;
        needs.alerts_in_progress |= outward.active;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lockstep_core::{Directions, Preset};

    use super::*;

    #[test]
    fn a_policy_needs_what_its_knobs_let_it_do() {
        let check = |directions: Directions, change: fn(&mut Knobs), expected: [bool; 3]| {
            let mut policy = Preset::Seed.policy();
            let mut knobs = (*policy.knobs).clone();
            knobs.directions = directions;
            change(&mut knobs);
            policy.knobs = Arc::new(knobs);
            let Needs { incidents, alerts, alerts_in_progress, .. } = needs(&policy);
            assert_eq!([incidents, alerts, alerts_in_progress], expected);
        };
        let (inward, outward) =
            (Directions { inward: true, outward: false }, Directions { inward: false, outward: true });
        let quiet = |knobs: &mut Knobs| {
            (knobs.outward.active, knobs.outward.reopened) = (false, false);
            knobs.outward.true_positive = AlertEffect::Leave;
            knobs.outward.benign_positive = AlertEffect::Leave;
            knobs.outward.false_positive = AlertEffect::Leave;
        };
        check(inward, |_| (), [true, false, false]);
        check(Directions { inward: false, outward: false }, |_| (), [false; 3]);
        check(outward, quiet, [false; 3]);
        check(outward, |knobs| knobs.outward.active = true, [false, needs_alerts(), true]);
        let announces = Knobs { announce_holds: true, ..Preset::Neutral.knobs() };
        let (one, two) = (needs(&Policy::new("test", announces)), needs(&Preset::Neutral.policy()));
        assert_eq!([one.incidents, one.comments, two.comments], [true, true, false]);
    }

    /// Whether the preset that the test changes moves alerts when an incident is closed or reopened.
    fn needs_alerts() -> bool {
        let outward = &Preset::Seed.policy().knobs.outward;
        outward.reopened || [outward.true_positive, outward.benign_positive].iter().any(|it| *it != AlertEffect::Leave)
    }

    #[test]
    fn who_only_observes_needs_no_write() {
        assert_eq!(needs(&Preset::Observe.policy()), Needs::default());
        let direct = Policy { sight: Sight::Direct, ..Preset::Observe.policy() };
        assert_eq!(needs(&direct), Needs { direct: true, ..Needs::default() });
    }
}
