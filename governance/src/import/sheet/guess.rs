//! What the columns of a list seem to mean, by the headers that people use. A guess is shown, and never imported by.
use super::cells::squash;
use super::mapping::Field;
use std::collections::BTreeMap;

/// Headers, letters and digits alone, between spaces, the likeliest first.
const HEADERS: &[(Field, &str)] = &[
    (
        Field::Id,
        "id clientid appid applicationid principalid objectid accountid identityid uniqueid uid \
         uuid arn",
    ),
    (
        Field::Name,
        "name accountname serviceaccountname account serviceaccount principal principalname \
         serviceprincipal identity identityname username user login agent agentname bot clientname \
         client appname application applicationname app displayname kontoname konto",
    ),
    (Field::Kind, "kind type accounttype identitytype principaltype kindofidentity category typ"),
    (Field::Environment, "environment env stage landscape umgebung"),
    (
        Field::Owner,
        "owner owneremail ownermail owneremailaddress accountowner serviceowner ownedby \
         responsible responsibleperson technicalowner businessowner contact contactemail \
         maintainer email besitzer verantwortlich",
    ),
    (Field::Team, "team ownerteam owningteam department businessunit orgunit squad group"),
    (Field::Purpose, "purpose description usage usedfor justification reason comment zweck"),
    (Field::Status, "status accountstatus state enabled active"),
    (Field::Created, "created createdat createdon createddate creationdate creationtime datecreated whencreated"),
    (
        Field::LastUsed,
        "lastused lastusedat lastuseddate lastlogin lastlogindate lastlogon lastlogondate \
         lastsignin lastactivity lastactive lastseen lastaccess lastaccessed",
    ),
    (
        Field::Entitlement,
        "entitlement entitlements permission permissions role roles scope scopes privilege \
         privileges accesslevel access accessrights rights right grant grants policy rolle",
    ),
    (Field::Resource, "resource resourcename target targetsystem system asset object database"),
    (Field::KeyId, "keyid accesskeyid apikeyid credentialid secretid tokenid keyname accesskey credential"),
    (
        Field::KeyCreated,
        "keycreated keycreatedat keycreatedon keycreateddate keycreationdate secretcreated \
         credentialcreated",
    ),
    (
        Field::KeyRotated,
        "keylastrotated keyrotated keyrotatedat lastrotated lastrotation lastrotatedon rotated \
         rotationdate secretrotated passwordlastset passwordlastchanged pwdlastset",
    ),
    (
        Field::KeyExpires,
        "keyexpires keyexpiry keyexpirydate keyexpirationdate secretexpires secretexpiry \
         credentialexpires certificateexpiry",
    ),
    (
        Field::Expires,
        "expires expiresat expireson expiry expirydate expiration expirationdate validuntil \
         enddate",
    ),
];

/// A guess for each header that says something to us, each meaning once.
#[must_use]
pub fn guess(header: &[String]) -> BTreeMap<String, Field> {
    let plain: Vec<_> = header.iter().map(|h| (h, squash(h))).collect();
    let mut columns = BTreeMap::new();
    for (field, names) in HEADERS {
        let found =
            names.split(' ').find_map(|name| plain.iter().find(|(h, p)| p == name && !columns.contains_key(*h)));
        if let Some((header, _)) = found {
            columns.insert((*header).clone(), *field);
        }
    }
    let has = |columns: &BTreeMap<String, Field>, field| columns.values().any(|f| *f == field);
    // an end that stands beside a key, and beside no entitlement, is the key's
    let key = [Field::KeyId, Field::KeyCreated, Field::KeyRotated].iter().any(|f| has(&columns, *f));
    if key && !has(&columns, Field::Entitlement) && !has(&columns, Field::KeyExpires) {
        columns.values_mut().filter(|f| **f == Field::Expires).for_each(|f| *f = Field::KeyExpires);
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(header: &str) -> Vec<(String, String)> {
        let header: Vec<_> = header.split(',').map(str::to_owned).collect();
        let columns = guess(&header);
        header.iter().filter_map(|h| columns.get(h).map(|f| (h.clone(), f.to_string()))).collect()
    }
    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn headers_that_people_use_are_known() {
        assert_eq!(
            guessed("Service Account,Owner E-mail,Env,Type,Created On,Last Login,Role,System,Cost centre"),
            pairs(&[
                ("Service Account", "name"),
                ("Owner E-mail", "owner"),
                ("Env", "environment"),
                ("Type", "kind"),
                ("Created On", "created"),
                ("Last Login", "last_used"),
                ("Role", "entitlement"),
                ("System", "resource"),
            ])
        );
        assert_eq!(
            guessed("client_id,Name,key id,key created,Key last rotated,Expires,purpose,description"),
            pairs(&[
                ("client_id", "id"),
                ("Name", "name"),
                ("key id", "key_id"),
                ("key created", "key_created"),
                ("Key last rotated", "key_rotated"),
                ("Expires", "key_expires"),
                ("purpose", "purpose"),
            ])
        );
        assert_eq!(guessed("Blue,Green"), []);
    }
}
