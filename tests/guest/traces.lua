-- SPDX-License-Identifier: Apache-2.0
-- For LuaJIT in a guest: functions that did not exist before, each run until it is compiled, each
-- result compared with the interpreter's. Now and then all code is dropped and its memory used anew.
local util = require("jit.util")

local ROUNDS = tonumber(arg[1])
local FLUSH = 50 -- rounds
local LOOP = 200

local text = [[
return function(n)
	local x, t = %d, {}
	for i = 1, n do
		x = (x * %d + i) %% %d
		t[i %% 8 + 1] = x
	end
	for i = 1, 8 do x = x + (t[i] or 0) end
	return x
end]]

local function count_traces()
	local count = 0
	while util.traceinfo(count + 1) do
		count = count + 1
	end
	return count
end

local traces, wrong = 0, 0

for round = 1, ROUNDS do
	local source = text:format(round, round % 97 + 3, 1000003 + 2 * round)
	local compiled = loadstring(source)()
	local interpreted = loadstring(source)()
	jit.off(interpreted, true)
	for n = LOOP, LOOP + 3 do
		if compiled(n) ~= interpreted(n) then
			wrong = wrong + 1
		end
	end
	if round % FLUSH == 0 then
		traces = traces + count_traces()
		jit.flush()
	end
end
print(("JIT: luajit rounds %d traces %d wrong %d"):format(ROUNDS, traces, wrong))
os.exit(wrong == 0 and traces > 0)
