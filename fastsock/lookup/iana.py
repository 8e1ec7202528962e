"""Services and protocols by IANA's names, for machines without /etc/services and /etc/protocols.

Common ones only, in the format of these files. Containers are often made without them.

Source: IANA's Service Name and Transport Protocol Port Number Registry and its Protocol
Numbers registry; aliases are the customary ones.
"""

SERVICES = """\
echo        7/tcp
echo        7/udp
discard     9/tcp     sink null
discard     9/udp     sink null
daytime     13/tcp
daytime     13/udp
chargen     19/tcp    ttytst source
chargen     19/udp    ttytst source
ftp-data    20/tcp
ftp         21/tcp
ssh         22/tcp
telnet      23/tcp
smtp        25/tcp    mail
time        37/tcp    timserver
time        37/udp    timserver
whois       43/tcp    nicname
tacacs      49/tcp
domain      53/tcp
domain      53/udp
bootps      67/udp
bootpc      68/udp
tftp        69/udp
gopher      70/tcp
finger      79/tcp
http        80/tcp    www
kerberos    88/tcp    kerberos5 krb5 kerberos-sec
kerberos    88/udp    kerberos5 krb5 kerberos-sec
pop3        110/tcp   pop-3
sunrpc      111/tcp   portmapper
sunrpc      111/udp   portmapper
auth        113/tcp   authentication tap ident
nntp        119/tcp   readnews untp
ntp         123/udp
imap        143/tcp   imap2
snmp        161/tcp
snmp        161/udp
snmp-trap   162/tcp   snmptrap
snmp-trap   162/udp   snmptrap
bgp         179/tcp
irc         194/tcp
irc         194/udp
ldap        389/tcp
ldap        389/udp
https       443/tcp
https       443/udp
microsoft-ds 445/tcp
submissions 465/tcp   ssmtp smtps urd
isakmp      500/udp
syslog      514/udp
printer     515/tcp   spooler
uucp        540/tcp   uucpd
rtsp        554/tcp
rtsp        554/udp
nntps       563/tcp   snntp
submission  587/tcp
ipp         631/tcp
ldaps       636/tcp
domain-s    853/tcp
domain-s    853/udp
rsync       873/tcp
ftps-data   989/tcp
ftps        990/tcp
telnets     992/tcp
imaps       993/tcp
pop3s       995/tcp
socks       1080/tcp
openvpn     1194/tcp
openvpn     1194/udp
ms-sql-s    1433/tcp
radius      1812/udp
mqtt        1883/tcp
nfs         2049/tcp
nfs         2049/udp
mysql       3306/tcp
stun        3478/tcp
stun        3478/udp
svn         3690/tcp  subversion
epmd        4369/tcp
sip         5060/tcp
sip         5060/udp
sips        5061/tcp  sip-tls
xmpp-client 5222/tcp  jabber-client
xmpp-server 5269/tcp  jabber-server
mdns        5353/udp
stuns       5349/tcp
postgresql  5432/tcp  postgres
amqps       5671/tcp
amqp        5672/tcp
redis       6379/tcp
git         9418/tcp
http-alt    8080/tcp  webcache
http-alt    8080/udp
secure-mqtt 8883/tcp
"""

PROTOCOLS = """\
ip          0    IP
icmp        1    ICMP
igmp        2    IGMP
ggp         3    GGP
ipencap     4    IP-ENCAP
st          5    ST
tcp         6    TCP
egp         8    EGP
igp         9    IGP
pup         12   PUP
udp         17   UDP
hmp         20   HMP
xns-idp     22   XNS-IDP
rdp         27   RDP
iso-tp4     29   ISO-TP4
dccp        33   DCCP
xtp         36   XTP
ddp         37   DDP
idpr-cmtp   38   IDPR-CMTP
ipv6        41   IPv6
ipv6-route  43   IPv6-Route
ipv6-frag   44   IPv6-Frag
idrp        45   IDRP
rsvp        46   RSVP
gre         47   GRE
esp         50   IPSEC-ESP
ah          51   IPSEC-AH
skip        57   SKIP
ipv6-icmp   58   IPv6-ICMP
ipv6-nonxt  59   IPv6-NoNxt
ipv6-opts   60   IPv6-Opts
rspf        73   RSPF CPHB
vmtp        81   VMTP
eigrp       88   EIGRP
ospf        89   OSPFIGP
ax.25       93   AX.25
ipip        94   IPIP
etherip     97   ETHERIP
encap       98   ENCAP
pim         103  PIM
ipcomp      108  IPCOMP
vrrp        112  VRRP
l2tp        115  L2TP
isis        124  ISIS
sctp        132  SCTP
fc          133  FC
udplite     136  UDPLite
mpls-in-ip  137  MPLS-in-IP
hip         139  HIP
shim6       140  Shim6
wesp        141  WESP
rohc        142  ROHC
ethernet    143  Ethernet
"""
