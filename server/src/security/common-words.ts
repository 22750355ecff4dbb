/**
 * Words in lower case that are common in passwords, including the terms of this product. `password-strength.ts` handles
 * character substitutions (`p4ssw0rd`), sequences and years.
 */
const WORD_LIST = `
password passwort passwd passcode pass1 motdepasse contrasena senha parola wachtwoord haslo kennwort geheim secret
letmein welcome willkommen bienvenue hello hallo iloveyou ichliebedich jetaime teamo loveyou lovely forever trustno
login logon master admin administrator root toor superuser user guest default changeme change temp test testing tester
example sample demo public private access enter security secure system server service support manager office company
internet computer google facebook youtube linkedin twitter instagram apple samsung microsoft windows linux ubuntu debian
raspberry raspberrypi arduino esp32 espressif seeed sensor light lights lamp lampe licht nightlight nightlights
nachtlicht lightsensor iot mqtt mosquitto broker client device board dashboard homeassistant smarthome home house
garden kitchen bedroom porch hall
qwerty qwertz azerty asdf zxcv
monkey dragon tiger lion eagle falcon panther wolf bear horse kitty puppy shadow hunter ranger killer ninja pirate
soldier warrior phoenix
football fussball soccer baseball basketball hockey golf tennis liverpool arsenal chelsea barcelona juventus bayern
superman batman spiderman ironman starwars pokemon pikachu naruto minecraft fortnite matrix hogwarts gandalf merlin
princess prinzessin angel angels sunshine sonnenschein rainbow flower blossom butterfly diamond silver golden purple
orange yellow chocolate schokolade cookie banana cheese coffee pepper ginger sugar cherry
mustang ferrari porsche corvette mercedes harley yamaha honda toyota jordan maverick cowboy steelers yankees lakers
summer sommer winter spring fruehling frühling herbst autumn january february march april june july august september
october november december januar februar märz maerz juni juli oktober dezember
monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag
america england france germany deutschland london paris berlin texas
michael jennifer jessica ashley daniel charlie thomas robert michelle nicole andrew joshua matthew george jordan harley
maggie buster hannah samantha amanda melissa william richard patrick anthony martin stefan andreas peter sabine julia
family freedom whatever nothing everything please money lucky peace jesus christ heaven blessed music guitar metallica
nirvana slipknot zaq1 passion success victory creative samson
elephant dolphin dolphins crocodile dinosaur snowball snowflake blackberry strawberry skateboard godzilla
scorpion midnight moonlight starlight darkness hardcore thunder lightning hurricane wildcats redskins bulldogs
babygirl bigdaddy sweetheart sweetie beautiful gorgeous darling jasmine chicken carolina savannah brooklyn alexander
alexandra christian christina stephanie elizabeth katherine margaret benjamin jonathan nicholas patricia veronica
11223344 112233 121212 123321 123654 102030 159753 147852 101010 131313 232323 696969 987654 a1b2c3 abc123
`;

export const COMMON_WORDS: readonly string[] = [...new Set(WORD_LIST.split(/\s+/).filter((word) => word.length >= 4))];
