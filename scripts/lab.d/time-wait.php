<?php
// Leaves sockets in TIME_WAIT towards a port, as clients do that close first:
//   time-wait.php ADDRESS:PORT LOW HIGH PERCENT
// Afterwards PERCENT of the local ports LOW to HIGH are held by such sockets, those
// included that were there before. Runs in the namespace they are to be in; nobody
// else may listen at ADDRESS:PORT meanwhile. The kernel keeps them for 60 s.

const SETTINGS = '/proc/sys/net/ipv4/';
// The kernel tries every second port of the range first, then the others, so that
// the last connects into a large range cost thousands of tries each: fill it piecemeal.
const PIECE = 500;

function fail(string $why): never
{
    fwrite(STDERR, "time-wait: $why\n");
    exit(1);
}

/** Local ports already in TIME_WAIT towards $port, as keys. */
function portsHeld(int $port): array
{
    $held = [];
    foreach (['/proc/net/tcp', '/proc/net/tcp6'] as $table) {
        foreach (@file($table) ?: [] as $line) {
            // sl local:port remote:port state, in hexadecimal; 06 is TIME_WAIT
            if (preg_match('/:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) 06 /', $line, $match)
                && hexdec($match[2]) === $port) {
                $held[hexdec($match[1])] = true;
            }
        }
    }
    return $held;
}

[, $target, $low, $high, $percent] = $argv;
$held = portsHeld((int) substr($target, strrpos($target, ':') + 1));
$before = [];
foreach (['ip_local_port_range', 'tcp_tw_reuse'] as $name) {
    $before[$name] = trim(file_get_contents(SETTINGS . $name));
}
file_put_contents(SETTINGS . 'tcp_tw_reuse', '0'); // else they would take each other's place
$listener = @stream_socket_server("tcp://$target", $code, $message) ?: fail("cannot listen at $target: $message");

for ($first = (int) $low; $first <= $high; $first += PIECE) {
    $last = min($first + PIECE - 1, (int) $high);
    file_put_contents(SETTINGS . 'ip_local_port_range', "$first $last");
    $wanted = intdiv(($last - $first + 1) * (int) $percent, 100);
    for ($port = $first; $port <= $last; $port++) {
        $wanted -= isset($held[$port]) ? 1 : 0;
    }
    for (; $wanted > 0; $wanted--) {
        $client = @stream_socket_client("tcp://$target", $code, $message) ?: fail("cannot connect to $target: $message");
        $server = stream_socket_accept($listener);
        fclose($client);
        fclose($server);
    }
}
foreach ($before as $name => $value) {
    file_put_contents(SETTINGS . $name, $value);
}
